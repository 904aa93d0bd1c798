import DequeModule
import Environment
import Messages

/// The way of a table's changes from one shard to a shard of another region: in the order of the feed, one batch under way
/// at a time.
struct RegionLane: ChangeLane {
  let shard: ShardID
  var queue: LaneQueue<Waiting>

  struct Waiting: LaneEntry {
    var change: RegionBatch.Change
    var bytes: Int
    /// The shard's logical time at which it was made; nil for what was there before.
    var madeAtMs: UInt64?

    var sequence: UInt64 { change.sequence }
  }

  static let bytesMax = 256 << 10
  /// An answer that has not come by then, at the latest, is given up, and the batch sent again. Regions are far apart.
  static let timeout = Span.seconds(3)
  static let retryDelay = Span.milliseconds(20)

  init(shard: ShardID, applied: UInt64) {
    self.shard = shard
    queue = LaneQueue(applied: applied)
  }

  mutating func add(_ change: RegionBatch.Change, madeAtMs: UInt64?) {
    queue.add(Waiting(change: change, bytes: RegionBatch.bytes(of: change), madeAtMs: madeAtMs))
  }

  /// When the changes up to there were made.
  func times(through: UInt64) -> [UInt64] {
    queue.entries.prefix { $0.sequence <= through }.compactMap(\.madeAtMs)
  }

  /// What can be sent now, if anything.
  mutating func nextBatch(from source: RegionSource, bytesMax: Int, now: Instant) -> RegionBatch? {
    _ = queue.giveUp(after: Self.timeout, now: now)
    guard queue.isFree(now: now), count > 0 else { return nil }
    var changes: [RegionBatch.Change] = []
    var size = 0
    for next in queue.entries {
      guard changes.count < RegionBatch.changesMax, changes.isEmpty || size + next.bytes <= bytesMax else { break }
      changes.append(next.change)
      size += next.bytes
    }
    return RegionBatch(source: source, predecessor: applied, changes: changes)
  }
}
