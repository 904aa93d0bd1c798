import Catalog
public import Messages

/// A table that goes from this region sends first what its clients wrote.
extension ShardMachine {
  /// Whether the leader has to propose that the table is closed. From now on it proposes no write of it.
  public func mustClose(_ id: TableID) -> Bool {
    guard let replication = tables[id]?.settings.replication, !replication.isClosed else { return false }
    if !closing.contains(id) { closing.append(id) }
    return true
  }

  /// Whether all that clients wrote here has arrived in these regions.
  public func isSettled(_ id: TableID, in regions: [String]) -> Bool {
    guard let feed = tables[id]?.feed else { return true }
    return feed.regions.allSatisfy {
      !regions.contains($0.name) || (feed.isCopied(to: $0.name) && $0.cursor >= feed.end)
    }
  }
}
