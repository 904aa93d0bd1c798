public import Environment

/// Looks for a smaller schedule of faults under which a run still fails: first without groups of faults, ever smaller ones
/// (delta debugging, Zeller and Hildebrandt 2002), then with shorter ones.
public struct Shrinker {
  public private(set) var schedule: FaultSchedule
  private var runsLeft: Int
  private let fails: (FaultSchedule) -> Bool
  private let progress: (_ faults: Int, _ runsLeft: Int) -> Void

  /// Shorter than this no fault becomes.
  private static let shortest = Span.milliseconds(20)

  /// - Parameters:
  ///   - schedule: one that fails.
  ///   - runsMax: how often `fails` may be asked.
  public init(
    _ schedule: FaultSchedule, runsMax: Int, progress: @escaping (_ faults: Int, _ runsLeft: Int) -> Void = { _, _ in },
    fails: @escaping (FaultSchedule) -> Bool
  ) {
    self.schedule = schedule
    runsLeft = runsMax
    self.fails = fails
    self.progress = progress
  }

  /// Takes the failure of a seed: a smaller schedule shows a violation of the same kind.
  public static func ofSeed(
    _ report: SeedReport, schedule: FaultSchedule, length: Span, runsMax: Int,
    progress: @escaping (_ faults: Int, _ runsLeft: Int) -> Void
  ) -> Shrinker {
    let kinds = Set(report.violations.map(\.kind))
    return Shrinker(schedule, runsMax: runsMax, progress: progress) { schedule in
      SeedRun(seed: report.seed, length: length, schedule: schedule).run().violations
        .contains { kinds.contains($0.kind) }
    }
  }

  public mutating func shrink() {
    dropFaults()
    halveDurations()
  }

  private mutating func stillFails(_ faults: [TimedFault]) -> Bool {
    guard runsLeft > 0 else { return false }
    runsLeft -= 1
    let smaller = FaultSchedule(faults)
    let isSame = fails(smaller)
    if isSame { schedule = smaller }
    progress(schedule.faults.count, runsLeft)
    return isSame
  }

  private mutating func dropFaults() {
    var size = (schedule.faults.count + 1) / 2
    while size > 0 && runsLeft > 0 {
      var start = 0
      while start < schedule.faults.count {
        var faults = schedule.faults
        faults.removeSubrange(start..<min(start + size, faults.count))
        if !stillFails(faults) { start += size }
      }
      size = size == 1 ? 0 : (size + 1) / 2
    }
  }

  private mutating func halveDurations() {
    for place in schedule.faults.indices {
      while runsLeft > 0, schedule.faults[place].lasts > Self.shortest {
        var faults = schedule.faults
        faults[place].lasts = Span(nanoseconds: faults[place].lasts.nanoseconds / 2)
        if !stillFails(faults) { break }
      }
    }
  }
}
