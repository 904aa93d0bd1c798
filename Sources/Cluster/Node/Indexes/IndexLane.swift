import DequeModule
import Environment
import Items
import Messages

/// The way of one index's changes from one shard to another: in the order of the feed, one batch under way at a time.
struct IndexLane {
  let index: TableID
  let shard: ShardID
  /// The newest change that the other shard is known to have applied.
  private(set) var applied: UInt64
  /// Above ``applied``, ascending; what is under way is still among them.
  private var waiting = Deque<Waiting>()
  private(set) var bytes = 0
  private var flight: Flight?
  private var retryAt = Instant.zero

  struct Waiting {
    var change: IndexBatch.Change
    var bytes: Int
    /// On a move between shards the row is deleted here once the other shard has put it.
    var putBy: ShardID?
    var readAt: Instant
  }

  private struct Flight {
    var request: UInt64
    var sentAt: Instant
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
  /// An answer that has not come by then is given up, and the batch sent again.
  static let timeout = Span.seconds(1)
  static let retryDelay = Span.milliseconds(10)

  init(index: TableID, shard: ShardID, applied: UInt64) {
    self.index = index
    self.shard = shard
    self.applied = applied
  }

  var count: Int { waiting.count }

  /// The oldest change that is not known to be applied.
  var oldest: Waiting? { waiting.first }

  mutating func add(_ change: IndexBatch.Change, putBy: ShardID?, now: Instant) {
    guard change.sequence > applied else { return }
    let size = 96 + (change.put?.item.bytes.count ?? 0)
    bytes += size
    waiting.append(Waiting(change: change, bytes: size, putBy: putBy, readAt: now))
  }

  /// What can be sent now, if anything: `isPut` says whether another shard has put the row of that change.
  mutating func nextBatch(
    from source: ShardID, _ batching: Batching, now: Instant, isPut: (ShardID, UInt64) -> Bool
  ) -> IndexBatch? {
    if let flight, now.since(flight.sentAt) >= Self.timeout {
      Probes.hit(.indexBatchIsSentAgain)
      self.flight = nil
    }
    guard flight == nil, retryAt <= now else { return nil }
    var changes: [IndexBatch.Change] = []
    var size = 0
    for next in waiting {
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

  mutating func sent(_ request: UInt64, now: Instant) { flight = Flight(request: request, sentAt: now) }

  func isUnderWay(_ request: UInt64) -> Bool { flight?.request == request }

  /// Takes what the other shard says of itself: everything up to `through` is applied there. Returns how many that were.
  mutating func answered(through: UInt64) -> Int {
    flight = nil
    applied = max(applied, through)
    var count = 0
    while let first = waiting.first, first.change.sequence <= applied {
      bytes -= first.bytes
      waiting.removeFirst()
      count += 1
    }
    return count
  }

  /// The request had no effect that is known.
  mutating func failed(retryAt: Instant) {
    flight = nil
    self.retryAt = retryAt
  }
}
