public import Journal
import Messages
public import Raft
public import Shards
public import Store

/// How a replica that lags beyond the log comes to its group's state: its store is replaced by one that was built from
/// a snapshot.
extension Replica {
  /// Whether its store may be replaced by the state at `position` now. Only a follower's: a candidate may come to lead
  /// without hearing anything more.
  public func mayInstall(_ position: LogPosition) -> Bool {
    raft.role == .follower && position.index > raft.applied
  }

  /// From here to ``switchStore(to:journal:)`` or ``resume()`` the replica takes no part: nothing is applied to the old
  /// store any more, and the switch must not find it leading.
  public func beginSwitch() { isSwitching = true }

  /// The switch did not happen; the old store stays.
  public func resume() { isSwitching = false }

  /// Goes on with `store`, which was built from a snapshot and is installed durably. Returns the rows in it that
  /// nobody serves any more.
  ///
  /// Where the log does not hold the snapshot's position it starts anew behind it.
  public func switchStore(to store: ShardStore, journal: Journal) throws -> [RowRange] {
    guard isSwitching else { fatalError("A store was replaced under a replica that takes part.") }
    guard let membership = try StoreMetadata(store.metadata)?.membership else {
      fatalError("A snapshot was installed without its membership.")
    }
    try restore(from: store)
    journal.compact(group, through: store.applied, membership: membership)
    raft.snapshotInstalled(store.applied, membership: membership)
    isSwitching = false
    return try shard?.orphans() ?? []
  }
}
