import DequeModule
import Environment
import Messages

/// The way of a table's changes from one shard to a shard of another region: in the order of the feed, one batch under way
/// at a time.
struct RegionLane {
  let shard: ShardID
  /// The newest change that the other shard is known to have taken.
  private(set) var applied: UInt64
  /// Above ``applied``, ascending; what is under way is still among them.
  private var waiting = Deque<Waiting>()
  private(set) var bytes = 0
  private var flight: (request: UInt64, sentAt: Instant)?
  private var retryAt = Instant.zero

  private struct Waiting {
    var change: RegionBatch.Change
    var bytes: Int
  }

  static let bytesMax = 256 << 10
  /// An answer that has not come by then is given up, and the batch sent again. Regions are far apart.
  static let timeout = Span.seconds(2)
  static let retryDelay = Span.milliseconds(20)

  init(shard: ShardID, applied: UInt64) {
    self.shard = shard
    self.applied = applied
  }

  var count: Int { waiting.count }

  /// The oldest change that is not known to have arrived.
  var oldest: UInt64? { waiting.first?.change.sequence }

  mutating func add(_ change: RegionBatch.Change) {
    guard change.sequence > applied else { return }
    let size = RegionBatch.bytes(of: change)
    bytes += size
    waiting.append(Waiting(change: change, bytes: size))
  }

  /// What can be sent now, if anything.
  mutating func nextBatch(from source: RegionSource, bytesMax: Int, now: Instant) -> RegionBatch? {
    if let flight, now.since(flight.sentAt) >= Self.timeout { self.flight = nil }
    guard flight == nil, retryAt <= now, !waiting.isEmpty else { return nil }
    var changes: [RegionBatch.Change] = []
    var size = 0
    for next in waiting {
      guard changes.count < RegionBatch.changesMax, changes.isEmpty || size + next.bytes <= bytesMax else { break }
      changes.append(next.change)
      size += next.bytes
    }
    return RegionBatch(source: source, predecessor: applied, changes: changes)
  }

  mutating func sent(_ request: UInt64, now: Instant) { flight = (request, now) }

  func isUnderWay(_ request: UInt64) -> Bool { flight?.request == request }

  /// Takes what the other shard says of itself: it has everything up to `through`. Returns how many that were.
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

  mutating func failed(retryAt: Instant) {
    flight = nil
    self.retryAt = retryAt
  }
}
