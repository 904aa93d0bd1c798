internal import Environment
internal import Supervisor

/// A fault that happened, for the report.
public struct FaultBand: Sendable, Equatable {
  /// `kill n2`.
  public var text: String
  /// From the beginning of the load.
  public var fromSeconds: Double
  /// When what ended it had returned; nil: it did not end by itself.
  public var toSeconds: Double?
}

/// Carries out a drill's steps, each at its time whatever the others take.
struct Timeline: Sendable {
  let steps: [DrillStep]
  let cluster: DrilledCluster
  let notes: @Sendable (String) -> Void

  /// Returns when the last step has ended.
  func run(from start: ContinuousClock.Instant) async throws -> [FaultBand] {
    try await withThrowingTaskGroup(of: FaultBand.self) { group in
      for step in steps { group.addTask { try await run(step, from: start) } }
      var bands: [FaultBand] = []
      for try await band in group { bands.append(band) }
      return bands.sorted { ($0.fromSeconds, $0.text) < ($1.fromSeconds, $1.text) }
    }
  }

  private func run(_ step: DrillStep, from start: ContinuousClock.Instant) async throws -> FaultBand {
    try await Task.sleep(until: start + .nanoseconds(step.at.nanoseconds))
    let hand = FaultHand(cluster: cluster)
    let work = try FaultWork(step.fault, in: try await cluster.view())
    var band = FaultBand(text: work.text, fromSeconds: seconds(since: start))
    note(work, at: band.fromSeconds)
    try await hand.perform(work)
    guard let end = work.end, step.duration != nil else {
      // What is done at once, such as a restart, is over now; what stays has no end.
      if work.end == nil { band.toSeconds = seconds(since: start) }
      return band
    }
    try await Task.sleep(until: start + .nanoseconds(step.end.nanoseconds))
    note(end, at: seconds(since: start))
    try await hand.perform(end)
    band.toSeconds = seconds(since: start)
    return band
  }

  private func note(_ work: FaultWork, at seconds: Double) { notes("\(Clocks.shown(seconds))  \(work.text)") }

  private func seconds(since start: ContinuousClock.Instant) -> Double { Clocks.seconds(ContinuousClock.now - start) }
}
