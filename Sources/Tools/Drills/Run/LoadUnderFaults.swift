internal import History
internal import Load
internal import Supervisor
internal import Synchronization

/// The drill's load, on a thread of its own.
final class LoadUnderFaults: Sendable {
  private let run: WorkloadRun
  private let plan: WorkloadPlan
  private let history = Mutex<[HistoryEntry]>([])

  init(_ plan: WorkloadPlan) throws(LoadError) {
    self.plan = plan
    run = try WorkloadRun(plan)
  }

  /// Ends the load early.
  func stop() { run.stop() }

  /// - Parameter second: told after each second.
  func measure(_ second: @escaping @Sendable (SecondReport) -> Void) async throws -> (RunReport, [HistoryEntry]) {
    let report: RunReport = try await withCheckedThrowingContinuation { continuation in
      BackgroundThread.start {
        continuation.resume(with: Result { try self.measureHere(second) })
      }
    }
    return (report, history.withLock { $0 })
  }

  private func measureHere(_ second: @escaping @Sendable (SecondReport) -> Void) throws -> RunReport {
    var events = LoadEvents()
    events.second = second
    events.history = { (entries) throws(LoadError) in self.history.withLock { $0 += entries } }
    return try run.run(events)
  }
}
