internal import ArgumentParser
internal import Client
internal import Load

struct LoadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "load",
    abstract: "Loads a DynamoDB API, measures what its clients see, and judges it.",
    discussion: """
      With --rate or --stage operations begin on a schedule whatever the answers (open loop), and latency counts from when
      each was due: a service that stands still is seen to. Without, each client waits for an answer before it asks again
      (closed loop); its tails hide stalls.
      Lines of each second go to standard error, the summary to standard output. Ctrl-C ends the load and still reports.
      Built-in workloads: \(Workload.builtInNames.joined(separator: ", ")).
      Examples:
        gantry load --endpoint http://127.0.0.1:8000 --workload ycsb-a --clients 64 --duration 30s
        gantry load --workload ycsb-b --rate 2000 --warm-up 5s --assert 'p99<10ms' --assert 'errors==0' --html run.html
        gantry load --workload put --set records=4 --stage 'ramp 100..5000 30s' --stage 'hold 10s' --clients 256
        gantry load --endpoint us-east-1=http://127.0.0.1:8000,eu-west-1=http://127.0.0.1:8001 --workload ris-day
        gantry load --workload registers --operations 20000 --history h.jsonl && gantry load check h.jsonl
        gantry load compare before.json after.json
      """,
    subcommands: [LoadCheckCommand.self, LoadCompareCommand.self])

  @OptionGroup(title: "Target") var target: LoadTarget
  @OptionGroup(title: "Pace") var pace: LoadPace
  @OptionGroup(title: "Results") var results: LoadResults

  func run() throws {
    let plan = try makePlan()
    let assertions = try results.parsedAssertions(kinds: plan.workload.kinds)
    let interruption = LoadInterruption()
    let files = try LoadFiles(results)
    if !target.noPrepare {
      try prepare(plan)
      if target.prepareOnly { return }
    }
    let run = try WorkloadRun(plan)
    interruption.act { run.stop() }
    let report = try LoadExecution(run, files).run(kinds: plan.workload.kinds, assertions)
    if report.assertions.contains(where: { !$0.isHeld }) { throw ExitCode(99) }
  }

  private func makePlan() throws -> WorkloadPlan {
    guard let workload = target.workload else { throw ValidationError("--workload NAME or FILE must be given.") }
    let content = try Workload.load(workload, overrides: target.overrides)
    do {
      var settings = try pace.settings(naturalRate: content.naturalRate)
      settings.keepsHistory = results.history != nil
      settings.seed = target.seed
      let plan = WorkloadPlan(content, try target.wire(), settings, seed: target.seed)
      try plan.check()
      return plan
    } catch let error as LoadError {
      throw ValidationError(error.description)
    }
  }

  private func prepare(_ plan: WorkloadPlan) throws {
    try blocking { () async throws(LoadError) in
      try await HTTPClient.during { (http) async throws(LoadError) in
        try await plan.preparation(http: http).run { Terminal.note($0) }
      }
    }
  }
}
