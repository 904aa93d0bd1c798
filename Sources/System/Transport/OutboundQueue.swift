internal import NIOCore

/// Frames that wait for the socket, handed out as a stream of bytes. Copies each payload once.
struct OutboundQueue {
  private let seed: UInt32
  private var frames = CircularBuffer<[UInt8]>(initialCapacity: 16)
  /// Header of the first frame while part of it has been handed out.
  private var header: UInt64 = 0
  private var taken = 0
  /// Bytes not handed out yet, headers included.
  private(set) var byteCount = 0

  init(seed: UInt32) { self.seed = seed }

  mutating func append(_ frame: [UInt8]) {
    frames.append(frame)
    byteCount += FrameFormat.headerBytes + frame.count
  }

  /// Appends exactly `count` bytes, at most `byteCount`, to `output`.
  mutating func take(_ count: Int, into output: inout ByteBuffer) {
    precondition(count <= byteCount, "No more is taken than waits.")
    var missing = count
    while missing > 0 {
      missing -= takeHeader(missing, into: &output)
      missing -= takePayload(missing, into: &output)
    }
    byteCount -= count
  }

  private mutating func takeHeader(_ limit: Int, into output: inout ByteBuffer) -> Int {
    if taken == 0 {
      let frame = frames[frames.startIndex]
      header = UInt64(frame.count) << 32 | UInt64(FrameFormat.checksum(frame, seed: seed))
    }
    guard taken < FrameFormat.headerBytes else { return 0 }
    let count = min(FrameFormat.headerBytes - taken, limit)
    if count == FrameFormat.headerBytes {
      output.writeInteger(header)
    } else {
      let bytes = withUnsafeBytes(of: header.bigEndian) { Array($0[taken..<taken + count]) }
      output.writeBytes(bytes)
    }
    taken += count
    return count
  }

  private mutating func takePayload(_ limit: Int, into output: inout ByteBuffer) -> Int {
    guard taken >= FrameFormat.headerBytes else { return 0 }
    let frame = frames[frames.startIndex]
    let start = taken - FrameFormat.headerBytes
    let count = min(frame.count - start, limit)
    frame.withUnsafeBytes { bytes in
      _ = output.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[start..<start + count]))
    }
    taken += count
    if start + count == frame.count {
      frames.removeFirst()
      taken = 0
    }
    return count
  }
}
