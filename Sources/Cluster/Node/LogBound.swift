import Environment
import Journal
import Raft
import Replicas

/// A group that keeps the oldest segment of a log that has grown beyond its bound.
struct LogPin {
  var group: GroupID
  /// Its newest entry there: once the log is dropped up to here, the group no longer keeps the segment.
  var newest: LogIndex
}

/// The log gives back what nobody needs, and beyond its bound also what lagging members still lack: they get a snapshot.
/// Only the oldest segment goes at a time, so that a member finds as much log as the bound allows.
extension Node {
  /// Returns what still keeps the oldest segment: such a group is flushed first.
  func boundLog() -> [LogPin] {
    let pins = logPins
    for replica in replicas {
      let newest = pins.first { $0.group == replica.group }?.newest ?? 0
      replica.compact(journal: journal, forcedThrough: droppable(newest, of: replica.group))
    }
    if pins.isEmpty { return [] }
    carryForward()
    return logPins
  }

  private var logPins: [LogPin] {
    guard journal.bytesPinned > configuration.journalBytesMax, let pin = journal.oldestPinned else { return [] }
    return pin.holders.compactMap { holder in
      journal.newestInOldestSegment(of: holder.group).map { LogPin(group: holder.group, newest: $0) }
    }
  }

  /// A follower that fetches the state must find the log behind it, or it would fetch without end; up to twice the bound.
  private func droppable(_ newest: LogIndex, of group: GroupID) -> LogIndex {
    guard newest > 0, journal.bytesPinned <= 2 * configuration.journalBytesMax,
      let needed = snapshots.server.neededAfter(group)
    else { return newest }
    return min(newest, needed)
  }

  /// Copies entries that no flush frees, because they are not committed, out of the oldest segment: a group without a
  /// majority must not keep everybody's log. Not worth it where they fill the segment.
  private func carryForward() {
    guard journal.bytesPinned > configuration.journalBytesMax, let pin = journal.oldestPinned else { return }
    if let first = pin.holders.first {
      guard let replica = replica(first.group), !replica.isSwitching,
        let newest = journal.newestInOldestSegment(of: first.group), replica.raft.applied < newest,
        first.bytes < configuration.journal.segmentBytes / 2
      else { return }
    }
    guard let carry = journal.takeCarry(bytesMax: Self.carryBytesMax) else { return }
    startJob(.carry(carry), lane: .background) { carry.perform() }
  }

  private static let carryBytesMax = 1 << 20

  func carried(_ carry: JournalCarry) {
    do throws(JournalError) { try journal.completed(carry) } catch {
      damageFound.append((carry.group, "Its log cannot be read: \(error)."))
    }
  }
}
