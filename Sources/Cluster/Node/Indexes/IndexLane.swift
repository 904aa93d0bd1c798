import DequeModule
import Environment
import Items
import Messages

/// The way of one index's changes from one shard to another: in the order of the feed, one batch under way at a time.
struct IndexLane: ChangeLane {
  let index: TableID
  let shard: ShardID
  var queue: LaneQueue<Waiting>

  struct Waiting: LaneEntry {
    var change: IndexBatch.Change
    var bytes: Int
    /// On a move between shards the row is deleted here once the other shard has put it.
    var putBy: ShardID?
    var readAt: Instant

    var sequence: UInt64 { change.sequence }
  }

  /// When a batch leaves, and how large it may be.
  struct Batching {
    /// Changes are that old when they leave.
    var delay: Span
    /// A batch is an entry of the log: it has to fit into a segment.
    var bytesMax: Int
  }

  /// Bounds of one batch.
  static let changesMax = 512
  static let bytesMax = 256 << 10
  /// An answer that has not come by then, at the latest, is given up, and the batch sent again.
  static let timeout = Span.milliseconds(1_500)
  static let retryDelay = Span.milliseconds(10)

  init(index: TableID, shard: ShardID, applied: UInt64) {
    self.index = index
    self.shard = shard
    queue = LaneQueue(applied: applied)
  }

  mutating func add(_ change: IndexBatch.Change, putBy: ShardID?, now: Instant) {
    let size = 96 + (change.put?.item.bytes.count ?? 0)
    queue.add(Waiting(change: change, bytes: size, putBy: putBy, readAt: now))
  }

  /// What can be sent now, if anything: `isPut` says whether another shard has put the row of that change.
  mutating func nextBatch(
    from source: ShardID, _ batching: Batching, now: Instant, isPut: (ShardID, UInt64) -> Bool
  ) -> IndexBatch? {
    if queue.giveUp(after: Self.timeout, now: now) { Probes.hit(.indexBatchIsSentAgain) }
    guard queue.isFree(now: now) else { return nil }
    var changes: [IndexBatch.Change] = []
    var size = 0
    for next in queue.entries {
      guard changes.count < Self.changesMax, next.readAt + batching.delay <= now else { break }
      guard changes.isEmpty || size + next.bytes <= batching.bytesMax else { break }
      if let putBy = next.putBy, !isPut(putBy, next.change.sequence) {
        Probes.hit(.indexDeleteWaitsForItsPut)
        break
      }
      changes.append(next.change)
      size += next.bytes
    }
    guard !changes.isEmpty else { return nil }
    return IndexBatch(source: source, index: index, predecessor: applied, changes: changes)
  }
}
