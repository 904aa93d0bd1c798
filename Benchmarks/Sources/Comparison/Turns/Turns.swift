internal import Environment
internal import Glibc
internal import Load

/// Drives systems in turns, each when all of them have come to rest.
struct Turns {
  private static let restTimeoutMs = 120_000
  /// Of one core, by all systems together.
  private static let restingShare = 0.10

  let systems: [any MeasuredSystem]
  let interruption: Interruption
  let note: (String) -> Void

  /// The cases of each round, each at one system after the other; the result is by case, then by system.
  func run(rounds: Int, _ cases: (_ round: Int) -> [Case]) throws -> [(title: String, measured: [Measurement])] {
    var found: [[[Measurement]]] = cases(0).map { _ in systems.map { _ in [] } }
    for round in 0..<rounds {
      for (number, one) in cases(round).enumerated() {
        for (place, system) in systems.enumerated() {
          let measurement = try turn(system, one)
          found[number][place].append(measurement)
          note(
            "\(one.title): \(system.name) \(Numbers.grouped(measurement.perSecond))/s, "
              + "p99 \(Numbers.milliseconds(measurement.p99Ms)) ms"
              + (measurement.errorText.map { "; errors: \($0)" } ?? ""))
        }
      }
    }
    return zip(cases(0), found).map { one, measured in (one.title, measured.map { Measurement(rounds: $0) }) }
  }

  func turn(_ system: any MeasuredSystem, _ one: Case) throws -> Measurement {
    try turn(system, one.settings, one.verb, one.space)
  }

  func turn(_ system: any MeasuredSystem, _ settings: LoadSettings, _ verb: Verb, _ space: KeySpace) throws
    -> Measurement
  {
    try rest()
    let before = ProcessTimes.seconds(system.pids)
    let report = try system.run(settings, verb, space, interruption)
    try rest()
    let spent = ProcessTimes.seconds(system.pids) - before
    // The operations of the warm-up cost as much and are not among those counted.
    let share = report.elapsedMs / (report.elapsedMs + settings.warmUp.milliseconds)
    let operations = Double(max(report.total.count, 1))
    return Measurement(report, systemCPUMicroseconds: spent * share * 1e6 / operations)
  }

  /// Waits until what the last turn left to do is done: flushes of one system must not slow another.
  private func rest() throws {
    let pids = systems.flatMap(\.pids)
    let deadline = ContinuousClock.now + .milliseconds(Self.restTimeoutMs)
    while true {
      try interruption.check()
      let before = ProcessTimes.seconds(pids)
      usleep(1_000_000)
      if ProcessTimes.seconds(pids) - before < Self.restingShare { return }
      if ContinuousClock.now > deadline {
        return note("The systems did not come to rest; the next turn begins anyway.")
      }
    }
  }
}
