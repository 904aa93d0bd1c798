import Items
import Testing

/// Hand-computed from *DynamoDB Item sizes and formats* (Developer Guide).
@Suite struct ItemSizeTests {
  @Test(arguments: [
    ("0", 1), ("1", 2), ("12", 2), ("100", 2), ("123", 3), ("1234", 3), ("12345", 4), ("-1", 3), ("-12345", 5),
    ("0.1", 2), ("0.12", 2), ("1.5", 3), ("120", 3), ("10", 2), ("0.01", 2), ("0.012", 3),
    ("12345678901234567890123456789012345678", 20), ("-12345678901234567890123456789012345678", 21),
    ("-1.2345678901234567890123456789012345678", 21),
  ])
  func numbers(_ input: String, _ expected: Int) throws {
    #expect(try Number(parsing: utf8(input)).sizeBytes == expected)
  }

  @Test func scalarsAndSets() throws {
    #expect(AttributeValue.text("München").sizeBytes == 8)
    #expect(AttributeValue.binary([1, 2, 3]).sizeBytes == 3)
    #expect(AttributeValue.null.sizeBytes == 1)
    #expect(AttributeValue.bool(false).sizeBytes == 1)
    #expect(AttributeValue.stringSet([utf8("ab"), utf8("cde")]).sizeBytes == 5)
    #expect(AttributeValue.numberSet([Number(1), Number(123)]).sizeBytes == 5)
    #expect(AttributeValue.binarySet([[1], [2, 3]]).sizeBytes == 3)
  }

  @Test func containersCostThreeBytesAndOneForEachElement() {
    #expect(AttributeValue.list([]).sizeBytes == 3)
    #expect(AttributeValue.list([.null, .text("abc")]).sizeBytes == 3 + 2 + 1 + 3)
    #expect(AttributeValue.map(AttributeMap()).sizeBytes == 3)
    let map = AttributeMap([.init(name: utf8("key"), value: .text("value"))])
    #expect(AttributeValue.map(map).sizeBytes == 3 + 1 + 3 + 5)
    #expect(AttributeValue.list([.map(map)]).sizeBytes == 3 + 1 + 12)
  }

  /// The documentation's own example: names and values of "shirt-color" and "shirt-size" are 23 bytes.
  @Test func itemsAreTheSumOfNamesAndValues() {
    let map = AttributeMap([
      .init(name: utf8("shirt-color"), value: .text("R")), .init(name: utf8("shirt-size"), value: .text("M")),
    ])
    #expect(map.sizeBytes == 23)
    #expect(EncodedItem(map).sizeBytes == 23)
    #expect(EncodedItem(AttributeMap()).sizeBytes == 0)
  }
}
