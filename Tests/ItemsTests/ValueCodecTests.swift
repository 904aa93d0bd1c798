import Bytes
import Items
import Testing

@Suite struct ValueCodecTests {
  /// Seed 301, 20,000 values.
  @Test func valuesRoundTripAndEqualValuesHaveEqualBytes() throws {
    var random = RandomValues(seed: 301)
    for _ in 0..<20_000 {
      let (value, other) = (random.value(), random.value(levels: 0))
      var writer = ByteWriter()
      value.encode(into: &writer)
      let length = writer.count
      other.encode(into: &writer)
      var reader = ByteReader(writer.bytes)
      #expect(try AttributeValue(from: &reader) == value)
      #expect(reader.position == length)
      #expect(try AttributeValue(from: &reader) == other)
      #expect(reader.isAtEnd)
      #expect((Array(writer.bytes[..<length]) == Array(writer.bytes[length...])) == (value == other))
    }
  }

  /// Seed 302, 10,000 items: lookups, sizes and counts agree with the decoded item.
  @Test func lookupsAgreeWithTheDecodedItem() throws {
    var random = RandomValues(seed: 302)
    for _ in 0..<10_000 {
      let map = random.map()
      let item = EncodedItem(map)
      #expect(try item.decode() == map)
      #expect(try EncodedItem(validating: item.bytes) == item)
      #expect(try item.attributeCount() == map.count)
      #expect(item.sizeBytes == map.sizeBytes)
      for name in map.elements.map(\.name) + [random.text(), []] {
        #expect(try item.value(named: name) == map[name])
        let encoded = try item.encodedValue(named: name)
        var writer = ByteWriter()
        map[name]?.encode(into: &writer)
        #expect(encoded.map(Array.init) ?? [] == writer.bytes)
      }
    }
  }

  /// Seed 303, 300 items: no prefix crashes, and a prefix that decodes is an item of fewer attributes.
  @Test func everyTruncationThrowsOrIsASmallerItem() {
    var random = RandomValues(seed: 303)
    for _ in 0..<300 {
      let map = random.map()
      let bytes = EncodedItem(map).bytes
      for length in bytes.indices {
        let item = EncodedItem(trusted: Array(bytes[..<length]))
        exercise(item)
        guard let decoded = try? item.decode() else { continue }
        #expect(decoded.elements == Array(map.elements.prefix(decoded.count)))
        #expect(decoded.count < map.count)
      }
    }
  }

  /// Seed 304, 30,000 mutations: damage throws, or the bytes are the canonical ones of another item.
  @Test func damageNeverCrashesAndWhatDecodesIsCanonical() {
    var random = RandomValues(seed: 304)
    for _ in 0..<30_000 {
      let item = EncodedItem(trusted: random.mutated(EncodedItem(random.map()).bytes))
      exercise(item)
      guard let decoded = try? item.decode() else { continue }
      #expect(EncodedItem(decoded).bytes == item.bytes)
      #expect(decoded.sizeBytes == item.sizeBytes)
    }
  }

  private func exercise(_ item: EncodedItem) {
    _ = item.sizeBytes
    _ = try? item.value(named: utf8("a"))
    _ = try? item.encodedValue(named: utf8("b"))
    _ = try? item.attributeCount()
    var writer = JSONWriter()
    try? writer.item(item)
    #expect((try? item.decode()) == nil || writer.bytes.first == UInt8(ascii: "{"))
  }

  @Test func depthIsBounded() throws {
    func nested(_ levels: Int) -> AttributeValue { (0..<levels).reduce(.null) { value, _ in .list([value]) } }
    for (levels, isAccepted) in [(32, true), (64, true), (65, false), (5000, false)] {
      var writer = ByteWriter()
      nested(levels).encode(into: &writer)
      var reader = ByteReader(writer.bytes)
      #expect(((try? AttributeValue(from: &reader)) != nil) == isAccepted)
    }
    #expect(nested(7).nestingLevels == 8)
    #expect(AttributeValue.map(AttributeMap([.init(name: [1], value: nested(2))])).nestingLevels == 4)
    #expect(AttributeValue.null.nestingLevels == 1)
  }

  @Test func mapsKeepTheirOrder() {
    var map = AttributeMap()
    for name in ["b", "", "ä", "a", "B", "aa"] { map[utf8(name)] = .text(name) }
    #expect(map.elements.map { text($0.name) } == ["", "B", "a", "aa", "b", "ä"])
    map[utf8("a")] = .null
    #expect(map[utf8("a")] == .null)
    map[utf8("a")] = nil
    map[utf8("none")] = nil
    #expect(map[utf8("a")] == nil)
    #expect(map.count == 5)
    let old = map.modify(utf8("b")) { value in
      defer { value = .bool(true) }
      return value
    }
    #expect(old == .text("b"))
    #expect(map[utf8("b")] == .bool(true))
    #expect(map.modify(utf8("none")) { _ in 1 } == nil)
    // A composed letter and its decomposed form are different names.
    map[utf8("\u{E9}")] = .null
    #expect(map[utf8("e\u{301}")] == nil)
  }

  @Test func setsAreCanonicalOrRefused() {
    #expect(AttributeValue.makeStringSet([utf8("b"), utf8("a"), []]) == .stringSet([[], utf8("a"), utf8("b")]))
    #expect(AttributeValue.makeNumberSet([Number(2), Number(-1)]) == .numberSet([Number(-1), Number(2)]))
    #expect(AttributeValue.makeStringSet([]) == nil)
    #expect(AttributeValue.makeNumberSet([Number(1), Number(1)]) == nil)
    #expect(AttributeValue.makeBinarySet([[1], [1]]) == nil)
  }
}
