import Environment
import Journal
import Raft
import Replicas
import Store

extension Journal {
  /// Finishes a switch that a stop broke off: the store was replaced by that of a snapshot, and the log has not heard of
  /// it. The log then starts anew behind the snapshot. Returns what the log is now.
  ///
  /// A store without such a note that is ahead of its log stays so: its log has lost entries.
  func finishSwitch(of group: GroupID, to store: ShardStore, _ log: GroupLog) throws -> GroupLog {
    let position = store.flushed
    guard store.installedSnapshot == position, position.index > log.compacted.index,
      term(of: position.index, in: group) != position.term,
      let membership = try StoreMetadata(store.metadata)?.membership
    else { return log }
    Probes.hit(.brokenOffSwitchIsFinished)
    compact(group, through: position, membership: membership)
    var log = log
    // The stop may have come before the term in which the snapshot was offered was synced: no vote was given in it.
    if log.hardState.term < position.term { log.hardState = HardState(term: position.term) }
    log.hardState.commit = position.index
    save(group, log.hardState)
    log.compacted = position
    log.membership = membership
    log.last = position
    log.termRuns = []
    log.membershipEntries = []
    log.tail = []
    return log
  }
}
