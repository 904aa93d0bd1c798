internal import Environment
internal import History

/// Reads the meters at the ends of seconds and sums them up.
struct SecondRecorder {
  /// What comes so shortly behind the end of a second belongs to it: answers to what was under way then.
  private static let lateness = Span.milliseconds(100)

  private let meters: [Meter]
  private let window: Dispatch.Window
  var measuredStart: Instant { window.measuredStart }
  private(set) var total: Tally
  private(set) var seconds: [SecondReport] = []
  /// Empty; what a meter is given for what it has measured.
  private var spare: Tally
  /// Of all meters since the last reading.
  private var interval: Tally
  private var lastReading: Instant
  private var cpuAtStart: Instant?
  private(set) var cpu = Span.zero
  let startedAt: String

  init(_ meters: [Meter], kinds: Int, window: Dispatch.Window) {
    self.meters = meters
    self.window = window
    total = Tally(kinds: kinds)
    spare = Tally(kinds: kinds)
    interval = Tally(kinds: kinds)
    lastReading = window.start
    startedAt = WallTime.text(after: window.measuredStart.since(LoadClock.now()))
    if window.measuredStart == window.start { cpuAtStart = ProcessTime.used }
  }

  /// When to read. The end of the last second waits for the answers that belong to it.
  var nextReading: Instant {
    let boundary = boundary(after: lastReading)
    return boundary >= window.end ? boundary + Self.lateness : boundary
  }

  /// When the next second ends: seconds count from the measured time, also those before it.
  private func boundary(after instant: Instant) -> Instant {
    let second: UInt64 = 1_000_000_000
    let offset = window.measuredStart.nanoseconds % second
    return Instant(nanoseconds: (instant.nanoseconds + second - offset) / second * second + offset)
  }

  /// Takes what was measured. Nil where no time has passed that a second could be told of.
  mutating func read(at now: Instant, isLast: Bool) -> SecondReport? {
    for meter in meters {
      meter.exchange(&spare)
      interval.add(spare)
      spare.reset()
    }
    total.add(interval)
    if let cpuAtStart { cpu = ProcessTime.used.since(cpuAtStart) }
    let end = self.end(now, isLast)
    defer { interval.reset() }
    guard end > lastReading else { return nil }
    let second = SecondReport(interval, from: lastReading, to: end, measuredStart: window.measuredStart)
    lastReading = end
    if end >= window.measuredStart, cpuAtStart == nil { cpuAtStart = ProcessTime.used }
    seconds.append(second)
    return second
  }

  /// The last end of a second that has passed. The last reading takes the time itself, unless it is hardly later than
  /// the end of a second that has not been told yet.
  private func end(_ now: Instant, _ isLast: Bool) -> Instant {
    var boundary = lastReading
    while case let next = self.boundary(after: boundary), next <= now { boundary = next }
    guard isLast else { return boundary }
    let isLate = now.since(boundary) >= Self.lateness
    return isLate || (boundary == lastReading && !interval.isEmpty) ? now : boundary
  }

  mutating func takeHistory() -> [HistoryEntry] { total.takeHistory() }
}
