internal import Dispatch
internal import Environment
internal import Glibc
internal import Simulation
internal import Synchronization

/// Runs seeds, several at once, and tells what came of them.
struct Campaign: Sendable {
  var range: ClosedRange<UInt64>
  var seconds: UInt64
  var minutes: Double?
  var jobs: Int
  var trace: String?
  var shrinkRuns: Int
  var json: Bool
  var requiresProbes = false
  /// Neither traces nor a smaller schedule.
  var isBrief = false
  /// The bug that is planted in this process.
  var plant: String?

  private struct State {
    var next: UInt64?
    var reports: [SeedReport] = []
  }

  /// False where a seed failed, or a probe that has to be hit was not.
  func run() -> Bool {
    let started = Self.now
    SeedsUnderWay.watch()
    let state = Mutex(State(next: range.lowerBound))
    DispatchQueue.concurrentPerform(iterations: min(jobs, range.count)) { worker in
      while let seed = takeSeed(state, since: started) {
        SeedsUnderWay.note(seed, worker: worker)
        let report = SeedRun(seed: seed, length: length).run()
        state.withLock { $0.reports.append(report) }
        show(report)
      }
    }
    let reports = state.withLock { $0.reports }.sorted { $0.seed < $1.seed }
    let failed = reports.filter { !$0.violations.isEmpty }
    let took = Self.now - started
    let missed = Probes.missed
    if !isBrief { for report in failed { explain(report) } }
    summarise(reports, failed, took: took)
    show(missed)
    return failed.isEmpty && (missed.isEmpty || !requiresProbes)
  }

  private var length: Span { .seconds(seconds) }

  private func takeSeed(_ state: borrowing Mutex<State>, since started: Double) -> UInt64? {
    if let minutes, Self.now - started > minutes * 60 { return nil }
    return state.withLock { state in
      guard let seed = state.next else { return nil }
      state.next = seed < range.upperBound ? seed + 1 : nil
      return seed
    }
  }

  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  // MARK: Reports

  private func show(_ report: SeedReport) {
    if json { return Terminal.print(report.json) }
    for violation in report.violations { Terminal.print("seed \(report.seed): \(violation)") }
    guard range.count == 1, report.violations.isEmpty else { return }
    Terminal.print("seed \(report.seed): \(report.text)")
    if let trace { write(trace, SeedRun(seed: report.seed, length: length, keepsTrace: true)) }
  }

  /// The end of the trace, the command that repeats it, and a smaller schedule.
  private func explain(_ report: SeedReport) {
    let path = trace ?? "gantry-seed-\(report.seed).trace"
    let run = SeedRun(seed: report.seed, length: length, keepsTrace: true)
    let lines = write(path, run)
    Terminal.note("\nseed \(report.seed) failed: \(report.violations.map(\.description).joined(separator: "\n  "))")
    Terminal.note("the end of its trace (all of it is in \(path)):\n  \(lines.suffix(40).joined(separator: "\n  "))")
    let planted = plant.map { " --plant \($0)" } ?? ""
    Terminal.note("repeat it with: gantry simulate --seed \(report.seed) --seconds \(seconds)\(planted)")
    guard shrinkRuns > 0 else { return }
    var shrinker = Shrinker.ofSeed(
      report, schedule: run.schedule, length: length, runsMax: shrinkRuns
    ) { faults, left in
      Terminal.note("shrinking: \(faults) faults, at most \(left) runs left")
    }
    shrinker.shrink()
    Terminal.note("it fails with these faults too:")
    for fault in shrinker.schedule.faults { Terminal.note("  \(fault)") }
  }

  @discardableResult
  private func write(_ path: String, _ run: SeedRun) -> [String] {
    _ = run.run()
    guard let file = fopen(path, "we") else {
      Terminal.fail("cannot write \(path): \(String(cString: strerror(errno)))")
      return run.trace.lines
    }
    defer { fclose(file) }
    for line in run.trace.lines { fputs(line + "\n", file) }
    return run.trace.lines
  }

  private func show(_ missed: [Probe]) {
    guard !json, !missed.isEmpty || requiresProbes else { return }
    let hit = Probe.allCases.count - missed.count
    let rest = missed.isEmpty ? "" : "; never: \(missed.map { "\($0)" }.joined(separator: ", "))"
    Terminal.print("\(hit) of \(Probe.allCases.count) probes hit\(rest)")
  }

  private func summarise(_ reports: [SeedReport], _ failed: [SeedReport], took: Double) {
    let simulated = reports.reduce(0.0) { $0 + Double($1.simulated.nanoseconds) / 1e9 }
    let speed = Int(simulated / took)
    let operations = reports.reduce(0) { $0 + $1.operations }
    if json {
      Terminal.print(
        """
        {"seeds":\(reports.count),"failed":\(failed.count),"operations":\(operations),\
        "simulatedSeconds":\(Int(simulated)),"simulatedPerReal":\(speed)}
        """)
    } else {
      Terminal.print(
        "\(reports.count) seeds, \(failed.count) failed; \(operations) operations in \(Int(simulated)) simulated seconds, \(speed) a real second"
      )
    }
    if !failed.isEmpty { Terminal.print("failed: \(failed.map { String($0.seed) }.joined(separator: ", "))") }
  }
}

extension SeedReport {
  fileprivate var text: String {
    """
    no violation; \(nodes) nodes, \(faults) faults, \(operations) operations (\(unknown) of unknown outcome), \
    \(events) events, \(Int(simulated.nanoseconds / 1_000_000_000)) simulated seconds, trace \(hash)
    """
  }

  private var hash: String {
    let digits = String(traceHash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  fileprivate var json: String {
    let kinds = violations.map { "\"\($0.kind.rawValue)\"" }.joined(separator: ",")
    return """
      {"seed":\(seed),"violations":[\(kinds)],"trace":"\(hash)","nodes":\(nodes),"faults":\(faults),\
      "operations":\(operations),"unknown":\(unknown),"events":\(events)}
      """
  }
}
