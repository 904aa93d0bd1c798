public import Client

/// A workload against the DynamoDB API of some endpoints: what `gantry load` does, and what drills do under faults.
public struct WorkloadPlan: Sendable {
  public var workload: Workload
  public var wire: HTTPWireSettings
  public var settings: LoadSettings
  /// Of the operations and the rows.
  public var seed: UInt64

  public init(_ workload: Workload, _ wire: HTTPWireSettings, _ settings: LoadSettings, seed: UInt64 = 1) {
    self.workload = workload
    self.wire = wire
    self.settings = settings
    self.seed = seed
  }

  /// Throws where the plan asks for what cannot be done, so that nothing need be prepared.
  public func check() throws(LoadError) {
    try settings.check()
    if settings.keepsHistory, !hasHistory {
      throw LoadError("the workload \(workload.name) has no history that a checker could judge; 'registers' has")
    }
  }

  private var hasHistory: Bool {
    var source = workload.source(seed: seed, thread: 0, threads: 1)
    return source.next().call.history != nil
  }

  /// - Parameter http: its owner shuts it down.
  public func preparation(http: HTTPClient) -> Preparation {
    // Of several, the next one is tried sooner than the same again.
    let retries: RetryPolicy = wire.targets.count > 1 ? .none : .standard
    let clients = wire.targets.map {
      DynamoClient(
        endpoint: $0.endpoint, region: $0.region, credentials: wire.credentials, http: http, retries: retries)
    }
    return Preparation(
      workload, seed: seed, clients: clients, workers: settings.clients, home: { wire.home(of: $0) })
  }
}

/// One run of a plan.
public final class WorkloadRun: Sendable {
  // Whole here, in the module of the driver, so that the driver is compiled for just these types.
  private let run: LoadRun<HTTPWire, WorkloadSource>

  public init(_ plan: WorkloadPlan) throws(LoadError) {
    try plan.check()
    let name = RunName(
      workload: plan.workload.name, endpoints: plan.wire.names, seed: plan.seed)
    let threads = plan.settings.threads
    run = try LoadRun(
      plan.settings, name: name, wire: plan.wire,
      sources: (0..<threads).map { plan.workload.source(seed: plan.seed, thread: $0, threads: threads) })
  }

  /// What a report will say of the load before it has run.
  public var heading: RunSettings { run.heading }

  /// As ``LoadRun/run(_:)``.
  public func run(_ events: LoadEvents = LoadEvents()) throws(LoadError) -> RunReport { try run.run(events) }

  /// As ``LoadRun/stop()``.
  public func stop() { run.stop() }
}
