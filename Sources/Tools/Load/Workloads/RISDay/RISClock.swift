internal import SampleData

/// The department's time, counted in the writes of one thread.
struct RISClock: Sendable {
  /// When the first day of a load begins: a short one should see the department at work.
  static let firstMinute = 7 * 60
  static let minutesOfDay = 1_440

  private let settings: RISDaySettings
  private let writesPerMinute: Double
  /// The writes made.
  private(set) var writes: Int
  /// Minutes since the midnight before the first day.
  private(set) var minute = -1
  /// The time as items have it.
  private(set) var text = ""
  /// Writes between two that touch the same thing, so that the first is taken for answered.
  private let settledWrites: Int

  init(_ settings: RISDaySettings, threads: Int) {
    self.settings = settings
    writesPerMinute = settings.writesPerDay / Double(Self.minutesOfDay * threads)
    let share = Double(settings.writesPerMonth) / Double(settings.readsPerMonth + settings.writesPerMonth)
    settledWrites = Int(Double(SourcePlace.settledAfter) * share) + 2
    writes = Int(Double(Self.firstMinute) * writesPerMinute)
    advance()
  }

  /// One write more.
  mutating func advance() {
    writes += 1
    let now = Int(Double(writes) / writesPerMinute)
    guard now != minute else { return }
    minute = now
    text = settings.day(0).time(minutes: now)
  }

  var day: Int { minute / Self.minutesOfDay }

  /// The write that falls into a minute.
  func write(atMinute minute: Int) -> Int { Int(Double(minute) * writesPerMinute) }

  /// The write that falls `minutes` from now, but late enough for what is done now to be answered.
  func write(inMinutes minutes: Int) -> Int {
    writes + max(settledWrites, Int(Double(minutes) * writesPerMinute))
  }
}
