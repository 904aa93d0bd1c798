public import Items

/// Asks a shard for records of a table's stream, or, with `recordsMax` 0, only where the stream stands there.
public struct StreamRead: Equatable, Sendable {
  public enum Start: Equatable, Sendable {
    /// The oldest record that is still there.
    case horizon
    /// The record behind that sequence; refused as trimmed where one that would come first is gone.
    case after(UInt64)
  }

  public var table: TableID
  /// Names the stream among those that the table has had.
  public var startedAtMs: UInt64
  public var start: Start
  public var recordsMax: UInt32
  /// The record that reaches it is the last.
  public var bytesMax: UInt32

  public init(
    table: TableID, startedAtMs: UInt64, start: Start, recordsMax: UInt32 = 0,
    bytesMax: UInt32 = StreamRead.pageBytesMax
  ) {
    self.table = table
    self.startedAtMs = startedAtMs
    self.start = start
    self.recordsMax = recordsMax
    self.bytesMax = bytesMax
  }

  /// DynamoDB's bounds of one GetRecords.
  public static let recordsMax: UInt32 = 1_000
  public static let pageBytesMax: UInt32 = 1 << 20
}

/// Where a stream stands on one shard.
public struct StreamSpan: Equatable, Sendable {
  /// Its records have higher sequences.
  public var since: UInt64
  /// No record has a higher one: the stream was switched off there. Nil while it is on.
  public var until: UInt64?
  /// Records up to here are gone or were never shown; at least `since`.
  public var horizon: UInt64
  /// The newest sequence that is known; at least `since`.
  public var end: UInt64

  public init(since: UInt64, until: UInt64?, horizon: UInt64, end: UInt64) {
    self.since = since
    self.until = until
    self.horizon = horizon
    self.end = end
  }
}

/// A change of one item as a stream shows it: with the images of its view alone.
public struct StreamRecord: Equatable, Sendable {
  /// Sent: the raw values.
  public enum Change: UInt8, Sendable {
    case insert = 1
    case modify = 2
    case remove = 3
  }

  /// Strictly increasing within the shard, whoever leads it.
  public var sequence: UInt64
  /// The shard's logical time, milliseconds since 1970.
  public var timeMs: UInt64
  public var change: Change
  /// The item was removed because its time to live had ended.
  public var isExpiry: Bool
  public var key: RowKey
  public var old: EncodedItem?
  public var new: EncodedItem?

  public init(
    sequence: UInt64, timeMs: UInt64, change: Change, isExpiry: Bool = false, key: RowKey, old: EncodedItem? = nil,
    new: EncodedItem? = nil
  ) {
    self.sequence = sequence
    self.timeMs = timeMs
    self.change = change
    self.isExpiry = isExpiry
    self.key = key
    self.old = old
    self.new = new
  }
}

public struct StreamPage: Equatable, Sendable {
  /// Nil where the shard has no such stream: not yet, or no longer.
  public var span: StreamSpan?
  /// Oldest first.
  public var records: [StreamRecord]
  /// There is nothing to show up to here but `records`: the next page starts behind it.
  public var through: UInt64
  /// A record that would have come first is gone.
  public var isTrimmed: Bool

  public init(span: StreamSpan?, records: [StreamRecord] = [], through: UInt64 = 0, isTrimmed: Bool = false) {
    self.span = span
    self.records = records
    self.through = through
    self.isTrimmed = isTrimmed
  }
}
