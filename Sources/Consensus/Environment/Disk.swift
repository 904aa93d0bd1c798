/// Why a file operation failed. `isNoSpace` is the one case that callers treat apart.
public struct DiskError: Error, Sendable, CustomStringConvertible {
  public enum Kind: Sendable, Equatable { case notFound, exists, noSpace, locked, shortRead, inputOutput }

  public var kind: Kind
  /// What was tried on which path, and the system's own reason.
  public var description: String

  public init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }

  public var isNoSpace: Bool { kind == .noSpace }
}

/// One open file. Positions and lengths are bytes. Calls block.
///
/// A file belongs to one thread at a time; its owner says which.
public protocol File: AnyObject {
  /// Fills as much of `buffer` as the file holds from `offset` on; returns the bytes read, fewer only at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskError) -> Int
  /// Writes all of `buffer`, extending the file where needed.
  func write(_ buffer: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskError)
  /// Returns once every write before it is on stable storage (`fdatasync`). A failure is final: the data may be lost
  /// and a second call proves nothing.
  func sync() throws(DiskError)
  func size() throws(DiskError) -> UInt64
  func truncate(to size: UInt64) throws(DiskError)
  func close()
}

/// The files of one machine. Paths are absolute or relative to the process.
public protocol Disk: AnyObject {
  /// Opens for reading and writing; with `create` makes the file where it is missing.
  func open(_ path: String, create: Bool) throws(DiskError) -> any File
  /// False only where it is known to be missing: a failed look must never pass for an empty directory.
  func exists(_ path: String) throws(DiskError) -> Bool
  func remove(_ path: String) throws(DiskError)
  /// Replaces `to` atomically. Durable only after ``syncDirectory(_:)``.
  func rename(_ from: String, to: String) throws(DiskError)
  /// Names (not paths) in a directory, sorted bytewise.
  func list(_ directory: String) throws(DiskError) -> [String]
  /// Makes the directory and its parents; no error where it exists.
  func createDirectory(_ path: String) throws(DiskError)
  /// Makes creations, renames and removals in the directory durable.
  func syncDirectory(_ path: String) throws(DiskError)
  /// Takes an exclusive advisory lock that ends with the returned file or the process; `locked` where another holds it.
  func lock(_ path: String) throws(DiskError) -> any File
}
