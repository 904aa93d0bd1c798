internal import DequeModule
internal import Environment

/// Decides which client begins an operation when. Pure: told the time, it says what is due.
///
/// An open loop's operations are due by a schedule alone. One that finds no client free waits, and its latency counts
/// from when it was due: a service that stands still for a second makes a second's worth of operations late, and the
/// report says so. What waits is two numbers, so the queue needs no bound. A closed loop begins an operation when a
/// client is free, and so asks less of a service that is slow.
struct Dispatch {
  struct Start: Equatable {
    var client: Int
    /// When the operation was due; nil in a closed loop, where that is when it is sent.
    var intended: Instant?
    /// False in the warm-up.
    var isMeasured: Bool
  }

  struct Window: Equatable {
    var start: Instant
    /// Where the warm-up ends.
    var measuredStart: Instant
    /// Nothing begins from here on.
    var end: Instant
  }

  /// This thread's operations are those whose number leaves `thread` when divided by `threads`.
  struct Share: Equatable {
    var thread = 0
    var threads = 1
  }

  private var schedule: ArrivalSchedule?
  private let share: Share
  private var window: Window
  /// Measured operations that may still begin; nil: no bound.
  private var remaining: Int?
  private var free: Deque<Int>
  private let clients: Int
  private var number: Int
  private var due: Instant?

  /// - Parameters:
  ///   - schedule: from the window's start; nil: a closed loop.
  ///   - operations: measured ones of this share, at most.
  init(_ schedule: ArrivalSchedule?, clients: Int, window: Window, share: Share = Share(), operations: Int? = nil) {
    self.schedule = schedule
    self.share = share
    self.window = window
    self.clients = clients
    remaining = operations
    free = Deque(0..<clients)
    number = share.thread
    findDue()
  }

  /// Takes a free client for an operation that is due; nil where there is none of one or the other.
  mutating func next(at now: Instant) -> Start? {
    guard !free.isEmpty, !isSpent(at: now) else { return nil }
    let intended = schedule == nil ? now : due
    guard let intended, intended <= now else { return nil }
    let isMeasured = intended >= window.measuredStart
    if isMeasured, let remaining { self.remaining = remaining - 1 }
    let start = Start(
      client: free.removeFirst(), intended: schedule == nil ? nil : intended, isMeasured: isMeasured)
    advance()
    return start
  }

  /// The client has done its operation. The one that was free longest is taken next.
  mutating func release(_ client: Int) { free.append(client) }

  /// When to ask again: the next operation that a client is free for; nil where only a released client brings one.
  func wakeAt(_ now: Instant) -> Instant? {
    schedule != nil && !free.isEmpty && !isSpent(at: now) ? due : nil
  }

  /// Nothing begins from now on.
  mutating func stop(at now: Instant) { window.end = min(window.end, now) }

  /// Whether nothing can begin any more, whoever is free.
  func isSpent(at now: Instant) -> Bool {
    now >= window.end || remaining == 0 || (schedule != nil && due == nil)
  }

  var isIdle: Bool { free.count == clients }

  /// Whether all the operations that were allowed have begun.
  var hasBegunAll: Bool { remaining == 0 }

  /// Measured operations that were due before the end, or before now, and did not begin. The dispatch is of no use
  /// afterwards.
  mutating func takeMissed(at now: Instant) -> Int {
    let end = min(window.end, now)
    var missed = 0
    while let due, due < end, remaining.map({ missed < $0 }) ?? true {
      if due >= window.measuredStart { missed += 1 }
      advance()
    }
    return missed
  }

  private mutating func advance() {
    guard schedule != nil else { return }
    number += share.threads
    findDue()
  }

  private mutating func findDue() {
    let offset = schedule?.due(number)
    due = offset.map { window.start + $0 }.flatMap { $0 < window.end ? $0 : nil }
  }
}
