internal import Bytes

/// The first byte of an encoded value. The raw values are stored.
enum ValueTag: UInt8 {
  case string = 1
  case number = 2
  case binary = 3
  case boolFalse = 4
  case boolTrue = 5
  case null = 6
  case stringSet = 7
  case numberSet = 8
  case binarySet = 9
  case list = 10
  case map = 11
}

/// Walks over encoded values in memory that its owner keeps alive; never reads past its end.
struct EncodedCursor {
  let input: UnsafeBufferPointer<UInt8>
  var position: Int
  let end: Int

  init(_ input: UnsafeBufferPointer<UInt8>) { self.init(input, from: 0, to: input.count) }

  init(_ input: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) {
    self.input = input
    position = start
    self.end = end
  }

  @inline(__always) var isAtEnd: Bool { position >= end }

  @inline(__always) mutating func byte() throws(MalformedBytes) -> UInt8 {
    guard position < end else { throw MalformedBytes("a byte is missing") }
    defer { position += 1 }
    return input[position]
  }

  @inline(__always) mutating func tag() throws(MalformedBytes) -> ValueTag {
    guard let tag = ValueTag(rawValue: try byte()) else { throw MalformedBytes("a value has an unknown type") }
    return tag
  }

  /// A varint length and as many bytes. The length has its shortest form, so that equal values have equal bytes.
  @inline(__always) mutating func blob() throws(MalformedBytes) -> UnsafeBufferPointer<UInt8> {
    let first = try byte()
    let length = first < 0x80 ? Int(first) : try longLength(first)
    return UnsafeBufferPointer(rebasing: input[try skip(length)])
  }

  private mutating func longLength(_ first: UInt8) throws(MalformedBytes) -> Int {
    var length = Int(first & 0x7F)
    var shift = 7
    while shift <= 28 {
      let next = try byte()
      length |= Int(next & 0x7F) << shift
      if next < 0x80 {
        guard next != 0 else { throw MalformedBytes("a length is not in its shortest form") }
        return length
      }
      shift += 7
    }
    throw MalformedBytes("a length is too long")
  }

  /// A cursor over the contents of a set, list or map; this one moves past them.
  mutating func container() throws(MalformedBytes) -> EncodedCursor {
    let prefix = try skip(4)
    var length = 0
    for offset in prefix { length = length << 8 | Int(input[offset]) }
    let contents = try skip(length)
    return EncodedCursor(input, from: contents.lowerBound, to: contents.upperBound)
  }

  mutating func number() throws(MalformedBytes) -> Number {
    guard let parsed = Number.parse(ordered: input, at: position, end: end) else {
      throw MalformedBytes("a number is malformed")
    }
    position = parsed.end
    return parsed.number
  }

  /// Moves past one value, in time that does not depend on the number of its elements.
  mutating func skipValue() throws(MalformedBytes) {
    switch try tag() {
    case .string, .binary: _ = try blob()
    case .number: try skipNumber()
    case .boolFalse, .boolTrue, .null: break
    case .stringSet, .numberSet, .binarySet, .list, .map: _ = try container()
    }
  }

  mutating func skipNumber() throws(MalformedBytes) {
    guard let measured = Number.measure(ordered: input, at: position, end: end) else {
      throw MalformedBytes("a number is malformed")
    }
    position = measured.end
  }

  @inline(__always) private mutating func skip(_ length: Int) throws(MalformedBytes) -> Range<Int> {
    guard length <= end - position else { throw MalformedBytes("the input is too short") }
    defer { position += length }
    return position..<position + length
  }
}
