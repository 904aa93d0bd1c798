internal import NIOCore

/// A body in chunks (RFC 9112, 7.1): some servers other than DynamoDB answer so.
struct ChunkedBody {
  enum Progress { case incomplete, complete, malformed }

  private enum State {
    case size
    /// Bytes of the chunk that have not come yet.
    case data(left: Int)
    case dataEnd
    /// Fields behind the last chunk, which nobody reads.
    case trailer
  }

  private(set) var body = ByteBuffer()
  private var state = State.size
  private var trailerBytes = 0

  /// Takes from `input` what can be understood.
  mutating func read(_ input: inout ByteBuffer) -> Progress {
    while true {
      switch state {
      case .size:
        guard let line = Self.line(&input) else { return Self.isTooLong(input) ? .malformed : .incomplete }
        guard let size = Self.size(line), body.readableBytes + size <= LoadLimits.responseBodyBytesMax else {
          return .malformed
        }
        state = size == 0 ? .trailer : .data(left: size)
      case .data(let left):
        let count = min(left, input.readableBytes)
        if count > 0, let piece = input.readSlice(length: count) { body.writeImmutableBuffer(piece) }
        guard count == left else {
          state = .data(left: left - count)
          return .incomplete
        }
        state = .dataEnd
      case .dataEnd:
        guard let end = input.readInteger(as: UInt16.self) else { return .incomplete }
        guard end == 0x0D0A else { return .malformed }
        state = .size
      case .trailer:
        guard let line = Self.line(&input) else { return Self.isTooLong(input) ? .malformed : .incomplete }
        if line.isEmpty { return .complete }
        trailerBytes += line.count
        guard trailerBytes <= LoadLimits.responseHeadBytesMax else { return .malformed }
      }
    }
  }

  /// A line without its end; nil where that has not come.
  private static func line(_ input: inout ByteBuffer) -> [UInt8]? {
    let view = input.readableBytesView
    guard let feed = view.firstIndex(of: 0x0A) else { return nil }
    let line = input.readBytes(length: feed - view.startIndex + 1) ?? []
    // A line that ends in LF alone keeps it, and is no size.
    return line.suffix(2).first == 0x0D ? Array(line.dropLast(2)) : line
  }

  private static func isTooLong(_ input: ByteBuffer) -> Bool { input.readableBytes > LoadLimits.responseHeadBytesMax }

  /// Hexadecimal digits, and perhaps extensions behind a semicolon, which nobody reads.
  private static func size(_ line: [UInt8]) -> Int? {
    let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 }
    guard (1...8).contains(digits.count) else { return nil }
    var size = 0
    for digit in digits {
      switch digit {
      case 0x30...0x39: size = size << 4 | Int(digit - 0x30)
      case 0x41...0x46, 0x61...0x66: size = size << 4 | Int((digit | 0x20) - 0x61 + 10)
      default: return nil
      }
    }
    return size
  }
}
