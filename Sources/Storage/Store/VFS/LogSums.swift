internal import Bytes

/// Checksums of the page images in SQLite's log file, by frame.
///
/// SQLite checks a frame only when it recovers the log after a start; afterwards it would serve a flipped bit. The sums
/// are taken from what is written and from what recovery reads, and every later read must agree.
///
/// Layout of the file (sqlite.org/fileformat2.html, section 4): a header of 32 bytes, then frames of 24 bytes and a page.
final class LogSums: Sendable {
  private static let headerBytes: UInt64 = 32
  private static let frameHeaderBytes: UInt64 = 24

  private let frameBytes: UInt64

  /// A checksum for each frame from the first on; 0: not known. Every connection's thread comes here.
  private let sums = Guarded<[UInt32]>([])

  init(pageBytes: Int) { frameBytes = Self.frameHeaderBytes + UInt64(pageBytes) }

  /// What a read or write of a log file covers.
  enum Extent: Equatable {
    /// A header of the file or of a frame, or a part of one.
    case header
    case page(frame: Int)
    case frame(Int)

  }

  /// Nil for a part of a page.
  func extent(offset: UInt64, count: Int) -> Extent? {
    if offset < Self.headerBytes { return offset + UInt64(count) <= Self.headerBytes ? .header : nil }
    let (frame, rest) = (offset - Self.headerBytes).quotientAndRemainder(dividingBy: frameBytes)
    if rest + UInt64(count) <= Self.frameHeaderBytes { return .header }
    switch (rest, UInt64(count)) {
    case (0, frameBytes): return .frame(Int(frame))
    case (Self.frameHeaderBytes, frameBytes - Self.frameHeaderBytes): return .page(frame: Int(frame))
    default: return nil
    }
  }

  func written(_ page: UnsafeRawBufferPointer, frame: Int) { set(frame, Self.sum(page)) }

  /// Nothing certain stands in the frame any more: a write to it failed.
  func forget(frame: Int) { set(frame, 0) }

  /// Whether a page read from a frame is what was written there. Unknown frames are never read as pages.
  func agrees(_ page: UnsafeRawBufferPointer, frame: Int) -> Bool { known(frame) == Self.sum(page) }

  /// A whole frame is read by recovery, which learns, and when SQLite renews its own checksums, which must agree.
  func agreesOrLearns(frame bytes: UnsafeRawBufferPointer, frame: Int) -> Bool {
    let sum = Self.sum(UnsafeRawBufferPointer(rebasing: bytes[Int(Self.frameHeaderBytes)...]))
    let known = known(frame)
    if known == 0 { set(frame, sum) }
    return known == 0 || known == sum
  }

  func truncated(to size: UInt64) {
    let frames = size < Self.headerBytes ? 0 : Int((size - Self.headerBytes) / frameBytes)
    sums.withLock { if $0.count > frames { $0.removeSubrange(frames...) } }
  }

  private func known(_ frame: Int) -> UInt32 { sums.withLock { frame < $0.count ? $0[frame] : 0 } }

  private func set(_ frame: Int, _ sum: UInt32) {
    sums.withLock {
      if frame >= $0.count { $0.append(contentsOf: repeatElement(0, count: frame + 1 - $0.count)) }
      $0[frame] = sum
    }
  }

  private static func sum(_ page: UnsafeRawBufferPointer) -> UInt32 { max(CRC32C.checksum(page), 1) }
}
