import Bytes
public import Messages

/// Rows of a shard that lie together: those of a table or index, or the feed of a table.
public struct RowRange: Equatable, Sendable {
  public let lower: [UInt8]
  /// Exclusive.
  public let upper: [UInt8]

  private init(prefix: [UInt8]) {
    lower = prefix
    guard let end = RowKey.end(ofPrefix: prefix) else { fatalError("Rows reach the end of the key space.") }
    upper = end
  }

  public static func table(_ table: TableID) -> RowRange {
    RowRange(prefix: Array(RowKey(table: table, hash: 0).bytes[..<4]))
  }

  /// The feeds of all tables.
  static let feeds = RowRange.table(.changeFeed)

  /// The versions of all tables' items.
  static let versions = RowRange.table(.itemVersions)

  /// The versions of a table's items, those that were removed included.
  public static func versions(of table: TableID) -> RowRange { RowRange(prefix: VersionRow.prefix(table)) }

  public static func feed(of table: TableID) -> RowRange { RowRange(prefix: FeedRow.prefix(table)) }
}
