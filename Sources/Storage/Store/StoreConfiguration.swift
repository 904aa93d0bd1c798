/// What may differ from one store to the next. Sizes are bytes.
public struct StoreConfiguration: Sendable {
  /// Page cache of the connection that flushes. Smaller: more reads while a flush walks the tree.
  public var writerCacheBytes = 8 << 20
  /// Page cache of the connection that answers gets.
  public var readerCacheBytes = 8 << 20
  /// Page cache of each connection that serves views.
  public var viewCacheBytes = 2 << 20
  /// Connections kept for later views; more may be open at once.
  public var viewConnectionsIdleMax = 4
  /// What a checkpoint leaves of SQLite's log file for re-use. A longer file is cut after the next flush.
  public var logBytesKept = 64 << 20
  /// Most rows that one ``ShardStore/deleteRange(from:to:)`` job removes.
  public var deletedRowsMax = 2_000
  /// Page size of a new file, a power of two from 512 to 32,768; one that exists keeps its own. A row takes a page of its
  /// own where it is longer than about a quarter of one. Larger pages cost more where a flush touches a few rows of many.
  public var pageBytes = 8_192
  /// Rows that lie in files of their own; nil: none do. What an earlier configuration put into the database stays there.
  public var appended: AppendedKeys?
  /// Draws the identity of a new file, which seeds its page checksums.
  public var seed: UInt64

  public init(seed: UInt64) { self.seed = seed }
}
