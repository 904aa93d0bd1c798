/// Which rows are only ever appended: each is put once, behind all others of its strand, and they go from the strand's
/// front.
///
/// They lie in files of their own that are written from start to end and dropped whole (``AppendedWriter``), not in the
/// database: there each would be written twice, in pages that its neighbours share.
public struct AppendedKeys: Sendable {
  /// All keys that begin so.
  public let prefix: [UInt8]
  /// Keys that agree in so many first bytes belong to one strand.
  public let strandBytes: Int
  /// A file that has come to this size is followed by another.
  public var fileBytes: UInt64 = 64 << 20

  public init(prefix: [UInt8], strandBytes: Int) {
    precondition(strandBytes >= prefix.count, "A strand lies among the keys that are appended.")
    self.prefix = prefix
    self.strandBytes = strandBytes
  }

  @inline(__always) func hold(_ key: [UInt8]) -> Bool {
    guard key.count >= strandBytes else { return false }
    return key.withUnsafeBytes { hold($0) }
  }

  @inline(__always) func hold(_ key: UnsafeRawBufferPointer) -> Bool {
    guard key.count >= strandBytes else { return false }
    for index in prefix.indices where key[index] != prefix[index] { return false }
    return true
  }

  func strand(of key: [UInt8]) -> [UInt8] { Array(key[..<strandBytes]) }

  /// Whether a range may hold some of these keys.
  func meet(from: [UInt8], to: [UInt8]?) -> Bool {
    if let to, compareBytes(to, prefix) <= 0 { return false }
    return from.starts(with: prefix) || compareBytes(from, prefix) < 0
  }

  /// Whether a range holds no other keys.
  func include(from: [UInt8], to: [UInt8]?) -> Bool {
    guard let to else { return false }
    return from.starts(with: prefix) && to.starts(with: prefix)
  }
}
