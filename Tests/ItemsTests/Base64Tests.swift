import Items
import Testing

@Suite struct Base64Tests {
  /// RFC 4648, section 10.
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ("foobar", "Zm9vYmFy"),
  ])
  func vectorsOfTheRFC(_ plain: String, _ encoded: String) throws {
    #expect(text(Base64.encode(utf8(plain))) == encoded)
    #expect(try Base64.decode(utf8(encoded)) == utf8(plain))
  }

  /// Seed 401, 20,000 binaries.
  @Test func binariesRoundTripAndOnlyOneTextStandsForEach() throws {
    var random = RandomValues(seed: 401)
    for _ in 0..<20_000 {
      let data = random.data(maxLength: 40)
      let encoded = Base64.encode(data)
      #expect(try Base64.decode(encoded) == data)
      let mutated = random.mutated(encoded)
      if let decoded = try? Base64.decode(mutated) { #expect(Base64.encode(decoded) == mutated) }
    }
  }

  @Test(arguments: [
    ("23456", "Base64 encoded length is expected a multiple of 4 bytes but found: 5"),
    ("=+/=", "Invalid last non-pad Base64 character dectected"),
    ("+/+=", "Invalid last non-pad Base64 character dectected"),
    ("A===", "Invalid last non-pad Base64 character dectected"),
    ("====", "Invalid last non-pad Base64 character dectected"),
    ("YWJj??!!", "Invalid base 64 character: '?'"), ("YW-_", "Invalid base 64 character: '-'"),
  ])
  func refusalsHaveDynamoDBsTexts(_ input: String, _ message: String) {
    #expect { try Base64.decode(utf8(input)) } throws: { ($0 as? Base64.Fault)?.message == message }
  }
}
