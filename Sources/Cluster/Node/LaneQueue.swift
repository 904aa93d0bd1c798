import DequeModule
import Environment

/// A change on its way to another shard.
protocol LaneEntry {
  /// Its place in the feed.
  var sequence: UInt64 { get }
  /// What it weighs in a batch.
  var bytes: Int { get }
}

/// What waits on one way from a shard to another: in the order of the feed, with one batch under way at a time.
struct LaneQueue<Entry: LaneEntry> {
  /// The newest change that the other shard is known to have applied.
  private(set) var applied: UInt64
  /// Above ``applied``, ascending; what is under way is still among them.
  private(set) var entries = Deque<Entry>()
  private(set) var bytes = 0
  private var flight: (request: UInt64, sentAt: Instant)?
  private var silences: UInt64 = 0
  private var retryAt = Instant.zero

  init(applied: UInt64) { self.applied = applied }

  /// What is applied already is left out.
  mutating func add(_ entry: Entry) {
    guard entry.sequence > applied else { return }
    bytes += entry.bytes
    entries.append(entry)
  }

  /// Lets go of a batch that had no answer for `timeout`, or for half of it; whether there was one.
  mutating func giveUp(after timeout: Span, now: Instant) -> Bool {
    guard let flight, now.since(flight.sentAt) >= timeout.uneven(silences) else { return false }
    self.flight = nil
    silences += 1
    return true
  }

  /// Whether a batch may leave now.
  func isFree(now: Instant) -> Bool { flight == nil && retryAt <= now }

  fileprivate mutating func sent(_ request: UInt64, now: Instant) { flight = (request, now) }

  fileprivate func isUnderWay(_ request: UInt64) -> Bool { flight?.request == request }

  fileprivate mutating func answered(through: UInt64) -> Int {
    flight = nil
    applied = max(applied, through)
    var count = 0
    while let first = entries.first, first.sequence <= applied {
      bytes -= first.bytes
      entries.removeFirst()
      count += 1
    }
    return count
  }

  fileprivate mutating func failed(retryAt: Instant) {
    flight = nil
    self.retryAt = retryAt
  }
}

/// The way of changes to one shard.
protocol ChangeLane {
  associatedtype Waiting: LaneEntry
  var queue: LaneQueue<Waiting> { get set }
}

extension ChangeLane {
  /// The newest change that the other shard is known to have applied.
  var applied: UInt64 { queue.applied }

  var count: Int { queue.entries.count }

  var bytes: Int { queue.bytes }

  /// The oldest change that is not known to be applied.
  var oldest: Waiting? { queue.entries.first }

  mutating func sent(_ request: UInt64, now: Instant) { queue.sent(request, now: now) }

  func isUnderWay(_ request: UInt64) -> Bool { queue.isUnderWay(request) }

  /// Takes what the other shard says of itself: everything up to `through` is applied there. Returns how many that were.
  mutating func answered(through: UInt64) -> Int { queue.answered(through: through) }

  /// The request had no effect that is known.
  mutating func failed(retryAt: Instant) { queue.failed(retryAt: retryAt) }
}
