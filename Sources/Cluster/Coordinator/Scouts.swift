import Environment
import Messages

/// Spares the replicas of a shard without a known leader: while nobody has said that it leads, one call asks for all, and
/// the others are held back until a leader answers it.
///
/// Else each of thousands of calls would go round the replicas by itself, just when these need their time to elect.
struct Scouts {
  private struct Search {
    var askedAt: Instant
    var asked: Int
  }

  private var searches: [ShardID: Search] = [:]
  private let delayMin: Span
  private let delayMax: Span

  /// - Parameters:
  ///   - delayMin: the wait before the second call of a search asks; doubles up to `delayMax`.
  init(delayMin: Span, delayMax: Span) {
    self.delayMin = delayMin
    self.delayMax = delayMax
  }

  func mayAsk(_ shard: ShardID, now: Instant) -> Bool {
    guard let search = searches[shard], search.asked > 0 else { return true }
    return search.askedAt + delay(after: search.asked) <= now
  }

  /// Whether a call may ask now, which it then does.
  mutating func ask(_ shard: ShardID, now: Instant) -> Bool {
    guard mayAsk(shard, now: now) else { return false }
    searches[shard] = Search(askedAt: now, asked: (searches[shard]?.asked ?? 0) + 1)
    return true
  }

  /// Somebody who may know was named: the next call asks at once.
  mutating func follow(_ shard: ShardID) { searches[shard]?.asked = 0 }

  /// The leader has answered; says whether it was searched for.
  mutating func end(_ shard: ShardID) -> Bool { searches.removeValue(forKey: shard) != nil }

  /// - Parameter asked: how often in vain, one or more.
  func delay(after asked: Int) -> Span {
    Span(nanoseconds: min(delayMin.nanoseconds << UInt64(min(asked - 1, 8)), delayMax.nanoseconds))
  }
}
