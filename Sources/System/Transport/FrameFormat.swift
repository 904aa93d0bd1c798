internal import Bytes

/// A frame in the body of a stream:
///
/// | offset | size | field |
/// | --- | --- | --- |
/// | 0 | 4 | length of the payload, big-endian |
/// | 4 | 4 | CRC-32C of the length field and the payload, seeded with class and direction |
/// | 8 | length | payload |
enum FrameFormat {
  static let headerBytes = 8

  /// Which way a frame goes; raw values are part of the checksum.
  enum Direction: UInt32 {
    case fromDialer = 1
    case fromListener = 2
  }

  static func seed(_ transportClass: TransportClass, _ direction: Direction) -> UInt32 {
    UInt32(transportClass.rawValue) << 8 | direction.rawValue
  }

  static func checksum(_ payload: [UInt8], seed: UInt32) -> UInt32 {
    let length = UInt32(payload.count).bigEndian
    let start = withUnsafeBytes(of: length) { CRC32C.checksum($0, seed: seed) }
    return CRC32C.checksum(payload, seed: start)
  }
}

/// Cuts the bytes of a stream back into frames, however they were split.
struct FrameDecoder {
  private let seed: UInt32
  private let frameBytesMax: Int
  private var header: UInt64 = 0
  private var headerCount = 0
  private var payload: [UInt8] = []
  /// The payload's length once the header is complete.
  private var length: Int?

  init(seed: UInt32, frameBytesMax: Int) {
    self.seed = seed
    self.frameBytesMax = frameBytesMax
  }

  /// Whether the stream may end here.
  var isAtBoundary: Bool { headerCount == 0 }

  /// Appends the frames that `bytes` completes. After a throw the stream is beyond repair.
  mutating func decode(_ bytes: UnsafeRawBufferPointer, into frames: inout [[UInt8]]) throws(MalformedBytes) {
    var rest = bytes
    while true {
      if length == nil { try readHeader(&rest) }
      guard let length else { return }
      let missing = length - payload.count
      if rest.count < missing {
        payload.append(contentsOf: rest)
        return
      }
      payload.append(contentsOf: UnsafeRawBufferPointer(rebasing: rest[..<missing]))
      rest = UnsafeRawBufferPointer(rebasing: rest[missing...])
      frames.append(try finish())
    }
  }

  private mutating func readHeader(_ rest: inout UnsafeRawBufferPointer) throws(MalformedBytes) {
    if headerCount == 0, rest.count >= FrameFormat.headerBytes {
      header = UInt64(bigEndian: rest.loadUnaligned(as: UInt64.self))
      headerCount = FrameFormat.headerBytes
      rest = UnsafeRawBufferPointer(rebasing: rest[FrameFormat.headerBytes...])
    }
    while headerCount < FrameFormat.headerBytes {
      guard let byte = rest.first else { return }
      header = header << 8 | UInt64(byte)
      headerCount += 1
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst())
    }
    let announced = Int(header >> 32)
    guard announced <= frameBytesMax else { throw MalformedBytes("a frame is longer than its class allows") }
    length = announced
    payload.reserveCapacity(min(announced, TransportLimits.reservedBytesMax))
  }

  private mutating func finish() throws(MalformedBytes) -> [UInt8] {
    let frame = payload
    guard FrameFormat.checksum(frame, seed: seed) == UInt32(truncatingIfNeeded: header) else {
      throw MalformedBytes("a frame's checksum is wrong")
    }
    payload = []
    length = nil
    headerCount = 0
    return frame
  }
}
