internal import Environment
internal import Messages
internal import Synchronization

/// When each shard last answered a change, as far as the coordinators of one process know.
///
/// Followers hear of a commit some milliseconds after its client did. A client that looks at once at what it wrote,
/// without asking for a strong read, would often see the item as it was; so for a while such reads go to the leader.
/// The loops of a process share it: a client's next request may come on another connection.
public final class RecentChanges: Sendable {
  /// Shards that share a place only send each other's reads to their leaders.
  private static let places = 64

  private let times = InlineArray<64, Atomic<UInt64>> { _ in Atomic(0) }

  public init() {}

  func note(_ shard: ShardID, at now: Instant) {
    times[Int(shard.rawValue) % Self.places].store(now.nanoseconds, ordering: .relaxed)
  }

  func has(_ shard: ShardID, since: Span, before now: Instant) -> Bool {
    let last = times[Int(shard.rawValue) % Self.places].load(ordering: .relaxed)
    return last > 0 && now.since(Instant(nanoseconds: last)) < since
  }
}
