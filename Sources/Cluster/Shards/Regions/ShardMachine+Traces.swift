import Bytes
import Catalog
public import Messages
import Store

/// When the trace of a removed item may go.
///
/// It keeps an older put from bringing the item back, here and in a region that is added. So it goes once every region has
/// it, and no shard of any region has anything older still to send (``RegionMark``). What is asked for is listed first, and
/// the marks are asked for after that: each of them is about everything in the list.
extension ShardMachine {
  /// One slice of a look through the versions of a table.
  public struct TraceSlice: Sendable {
    public var traces: [Trace] = []
    /// Where the next slice begins; nil at the end.
    public var next: [UInt8]?
  }

  /// Traces of removed items behind `after`, among at most that many versions.
  public func traces(of table: TableID, after: [UInt8]?, rowsMax: UInt32) throws -> TraceSlice {
    let rows = try rows(.versions(of: table), after: after, rowsMax: rowsMax, bytesMax: .max)
    var slice = TraceSlice(next: rows.isAtEnd ? nil : rows.found.last?.key)
    for row in rows.found {
      let key = RowKey(bytes: Array(row.key[4...]))
      guard try store.get(key.bytes) == nil else { continue }
      slice.traces.append(Trace(key: key, versions: try VersionRow.decode(row.value)))
    }
    return slice
  }

  /// How many removals this replica has applied since it was opened: while it stays the same there are no new traces.
  public func removals(in table: TableID) -> UInt64 { tables[table]?.removals ?? 0 }

  /// Nil where the table has no replicas.
  public func mark(of table: TableID) -> RegionMark? {
    guard let table = tables[table], table.settings.replication != nil else { return nil }
    let isFilled = table.feed.regions.allSatisfy { table.feed.isCopied(to: $0.name) }
    let settled = table.feed.regions.map(\.cursor).min() ?? table.feed.end
    return RegionMark(clock: table.feed.clock, end: table.feed.end, settled: isFilled ? settled : 0)
  }

  /// Whether a leader has to propose an entry so that its clock reaches a time; what it proposes from now on is above it.
  public func mustRaiseClock(of table: TableID, to time: UInt64) -> Bool {
    guard let feed = tables[table]?.feed, feed.clock < time else { return false }
    proposedClock = max(proposedClock, time)
    return true
  }

  // MARK: What entries do

  func raiseClock(of table: TableID, to time: UInt64) {
    guard let table = tables[table], table.settings.replication != nil, table.feed.clock < time else { return }
    table.feed.clock = time
    keep(table)
  }

  func forget(_ forgotten: ForgottenTraces) {
    guard tables[forgotten.table] != nil else { return }
    do {
      for trace in forgotten.traces where trace.key.table == forgotten.table {
        let row = VersionRow.key(trace.key)
        guard let bytes = try store.get(row), try VersionRow.decode(bytes) == trace.versions,
          try store.get(trace.key.bytes) == nil
        else { continue }
        store.delete(row)
      }
    } catch {
      cannotApply(error)
    }
  }
}
