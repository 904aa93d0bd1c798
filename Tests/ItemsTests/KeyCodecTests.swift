import Bytes
import Items
import Testing

@Suite struct KeyCodecTests {
  static func key(_ type: KeyType, _ random: inout RandomValues) -> AttributeValue {
    switch type {
    case .string: .string(random.text(maxLength: 4))
    case .binary: .binary(random.data(maxLength: 5))
    case .number: .number(random.number())
    }
  }

  static func isBelow(_ left: AttributeValue, _ right: AttributeValue) -> Bool {
    switch (left, right) {
    case (.string(let left), .string(let right)), (.binary(let left), .binary(let right)):
      left.lexicographicallyPrecedes(right)
    case (.number(let left), .number(let right)): left < right
    default: fatalError("Keys of different types are not compared.")
    }
  }

  /// Seed 201, 20,000 pairs for each pair of types: bytes order a (partition, sort) pair as its values do, and decode.
  @Test(arguments: [KeyType.string, .number, .binary], [KeyType.string, .number, .binary])
  func bytesOrderAsKeysAndDecode(_ partition: KeyType, _ sort: KeyType) throws {
    var random = RandomValues(seed: 201)
    for _ in 0..<20_000 {
      let left = (Self.key(partition, &random), Self.key(sort, &random))
      let isSamePartition = random.below(3) == 0
      let right = (isSamePartition ? left.0 : Self.key(partition, &random), Self.key(sort, &random))
      let (leftBytes, rightBytes) = (Self.encode(left), Self.encode(right))
      let expected = left.0 == right.0 ? Self.isBelow(left.1, right.1) : Self.isBelow(left.0, right.0)
      #expect(leftBytes.lexicographicallyPrecedes(rightBytes) == expected)
      #expect((leftBytes == rightBytes) == (left == right))
      var reader = ByteReader(leftBytes)
      #expect(try KeyCodec.readPartition(partition, from: &reader) == left.0)
      #expect(try KeyCodec.readSort(sort, from: &reader) == left.1)
      #expect(reader.isAtEnd)
    }
  }

  static func encode(_ key: (AttributeValue, AttributeValue)) -> [UInt8] {
    var bytes: [UInt8] = []
    KeyCodec.appendPartition(key.0, to: &bytes)
    KeyCodec.appendSort(key.1, to: &bytes)
    return bytes
  }

  @Test func componentsHaveTheirDocumentedBytes() {
    var bytes: [UInt8] = []
    KeyCodec.appendPartition(.binary([1, 0, 2]), to: &bytes)
    #expect(bytes == [1, 0, 0xFF, 2, 0, 1])
    bytes = []
    KeyCodec.appendSort(.binary([1, 0, 2]), to: &bytes)
    #expect(bytes == [1, 0, 2])
    bytes = []
    for value in [0, 5, -5, 123] { KeyCodec.appendPartition(.number(Number(value)), to: &bytes) }
    #expect(bytes == [2, 3, 130, 100, 1, ~130, ~100, 3, 132, 25, 60])
  }

  @Test func damageThrows() {
    for bytes: [UInt8] in [[], [1], [0], [0, 2], [1, 0]] {
      #expect(throws: MalformedBytes.self) {
        var reader = ByteReader(bytes)
        _ = try KeyCodec.readPartition(.string, from: &reader)
      }
    }
    for bytes: [UInt8] in [
      [], [0], [4], [3], [3, 130], [3, 130, 101], [3, 130, 0], [3, 130, 18], [2, 2], [3, 1, 201],
    ] {
      #expect(throws: MalformedBytes.self) {
        var reader = ByteReader(bytes)
        _ = try KeyCodec.readSort(.number, from: &reader)
      }
    }
  }

  @Test func keyTypesHaveTheirNames() {
    for type in [KeyType.string, .number, .binary] { #expect(KeyType(name: utf8("\(type.name)")) == type) }
    #expect(KeyType(name: utf8("SS")) == nil)
    #expect(KeyType(of: .null) == nil)
    #expect(KeyType(of: .number(.zero)) == .number)
  }
}
