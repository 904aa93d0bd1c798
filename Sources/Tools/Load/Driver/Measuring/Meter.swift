internal import History
internal import Synchronization

/// What one loop has measured since it was last asked. The lock is the loop's own but for a moment each second.
final class Meter: Sendable {
  private let tally: Mutex<Tally>

  init(kinds: Int) { tally = Mutex(Tally(kinds: kinds)) }

  func record(kind: Int, _ ending: Tally.Ending, latency: UInt64, serviceTime: UInt64?, isMeasured: Bool) {
    tally.withLock {
      $0.record(kind: kind, ending, latency: latency, serviceTime: serviceTime, isMeasured: isMeasured)
    }
  }

  func countRetry() { tally.withLock { $0.countRetry() } }

  func count(capacityUnits: Double) { tally.withLock { $0.count(capacityUnits: capacityUnits) } }

  func append(_ entry: HistoryEntry) { tally.withLock { $0.append(entry) } }

  /// Takes what was measured and leaves `fresh`, which has to be empty. Memory changes hands, so that the loop neither
  /// copies nor clears.
  func exchange(_ fresh: inout Tally) {
    tally.withLock { swap(&$0, &fresh) }
  }
}
