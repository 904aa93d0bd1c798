public import Client
internal import Environment
internal import Glibc
internal import History
internal import Load
internal import Supervisor
internal import Synchronization

/// One run of a drill: a cluster, a load and a ledger beside each other, faults at their times, then the verdict.
public struct DrillRun: Sendable {
  public enum Place: Sendable {
    /// A cluster of its own, removed afterwards unless it is kept.
    case own(keeps: Bool)
    /// The cluster that is up in a folder.
    case folder(String)
    /// Any DynamoDB API: load and ledger without the timeline, and without what only a cluster can show.
    case endpoints([Endpoint], region: String)
  }

  /// So long at least: how much too late a cluster is whole is worth knowing.
  private static let convergenceSecondsMin = 60.0
  private static let wholeTimeout = Duration.seconds(20)

  private let drill: Drill
  private let place: Place
  private let notes: @Sendable (String) -> Void

  /// - Parameter notes: lines for people while it runs; called on any thread.
  public init(_ drill: Drill, at place: Place, notes: @escaping @Sendable (String) -> Void) {
    self.drill = drill
    self.place = place
    self.notes = notes
  }

  /// - Throws: where the drill could not be carried out, so that nothing is known.
  public func run() async throws -> DrillReport {
    switch place {
    case .own(let keeps):
      notes("starting \(drill.topology)")
      let cluster = try await DrilledCluster.start(drill.topology, notes)
      let outcome: Result<DrillReport, any Error>
      do { outcome = .success(try await run(on: cluster)) } catch { outcome = .failure(error) }
      if keeps { notes("the cluster is kept: --data \(cluster.folder.path)") } else { cluster.remove() }
      return try outcome.get()
    case .folder(let path):
      return try await run(on: try await DrilledCluster.existing(path))
    case .endpoints(let endpoints, let region):
      return try await run(on: nil, endpoints, region)
    }
  }

  private func run(on cluster: DrilledCluster) async throws -> DrillReport {
    let view = try await wholeView(of: cluster)
    guard !drill.asks(.regionsEqual) || view.regions.count > 1 else {
      throw DrillError("regions_equal asks for several regions, and the topology has one")
    }
    guard !drill.asks(.sinkEqual) || view.mirror != nil else {
      throw DrillError("sink_equal asks for a mirror, and the topology has no sink")
    }
    let others = drill.asks(.regionsEqual) ? view.regions.dropFirst() : []
    let ends = others.flatMap { region in view.endpoints(of: region).map { Ledger.End(endpoint: $0, region: region) } }
    return try await run(on: cluster, view.endpoints, view.region, besides: ends)
  }

  /// A new cluster's sink is ready some seconds after its nodes.
  private func wholeView(of cluster: DrilledCluster) async throws -> ClusterView {
    let deadline = ContinuousClock.now + Self.wholeTimeout
    while true {
      let view = try await cluster.view()
      guard let obstacle = view.obstacles.first else { return view }
      guard ContinuousClock.now < deadline else {
        throw DrillError("the cluster is not whole before the drill begins: \(obstacle)")
      }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  /// - Parameter others: of other regions, whose tables the drill compares.
  private func run(
    on cluster: DrilledCluster?, _ endpoints: [Endpoint], _ region: String, besides others: [Ledger.End] = []
  ) async throws -> DrillReport {
    try await HTTPClient.during { http in try await run(on: cluster, endpoints, region, others, http) }
  }

  private func run(
    on cluster: DrilledCluster?, _ endpoints: [Endpoint], _ region: String, _ others: [Ledger.End], _ http: HTTPClient
  ) async throws -> DrillReport {
    let known = drill.load.endpoints == 0 ? endpoints : Array(endpoints.prefix(drill.load.endpoints))
    let plan = try plan(known, region)
    let ends = known.map { Ledger.End(endpoint: $0, region: region) } + others
    let ledger = Ledger(ends, http: http)
    try await plan.preparation(http: http).run(notes)
    try await ledger.makeTable()
    let tables = plan.workload.tables.map(\.name)
    try await makeReplicas(of: tables, ledger, ends, http)
    var evidence = try await observe(cluster, try LoadUnderFaults(plan), ledger)
    if drill.asks(.regionsEqual), !others.isEmpty {
      notes("comparing the regions")
      let clients = Self.clients(ends, http)
      evidence.regions = await RegionsFinding.look(at: tables + [Ledger.table], clients, limit: convergenceLimit)
    }
    if drill.asks(.lostAcknowledgedWrites) {
      notes("looking for \(ledger.acknowledged) acknowledged writes")
      let finding = await ledger.look()
      (evidence.lost, evidence.unread) = (finding.missing, finding.unread)
    }
    if drill.asks(.sinkEqual), let mirror = try await cluster?.view().mirror {
      notes("comparing \(mirror.table) with its mirror")
      let client = DynamoClient(endpoint: endpoints[0], region: region, http: http)
      evidence.mirror = await MirrorFinding.look(at: mirror, client, limit: convergenceLimit)
    }
    evidence.ledgerWrites = ledger.acknowledged
    evidence.ledgerUnknown = ledger.unknown
    return DrillReport(drill, evidence)
  }

  private func makeReplicas(
    of tables: [String], _ ledger: Ledger, _ ends: [Ledger.End], _ http: HTTPClient
  ) async throws {
    let clients = Self.clients(ends, http)
    for other in clients.dropFirst() {
      notes("making replicas in \(other.region)")
      for table in tables { try await clients[0].makeReplica(of: table, in: other.region) }
      try await ledger.makeReplica(in: other.region)
    }
  }

  /// One for each region.
  private static func clients(_ ends: [Ledger.End], _ http: HTTPClient) -> [DynamoClient] {
    var clients: [DynamoClient] = []
    for end in ends where !clients.contains(where: { $0.region == end.region }) {
      clients.append(DynamoClient(endpoint: end.endpoint, region: end.region, http: http))
    }
    return clients
  }

  private func plan(_ endpoints: [Endpoint], _ region: String) throws -> WorkloadPlan {
    let workload = try Workload.load(drill.load.workload, overrides: drill.load.overrides)
    var settings = LoadSettings(pace: .open([.steady(drill.load.rate, drill.load.duration)]))
    settings.clients = drill.load.clients
    settings.keepsHistory = drill.asks(.linearizable) || drill.asks(.unavailableMsMax)
    // As SDKs do it: what a client sees after these is what its user sees.
    settings.retries = 3
    let plan = WorkloadPlan(workload, HTTPWireSettings(endpoints: endpoints, region: region), settings)
    try plan.check()
    return plan
  }

  /// Load, ledger and faults at the same time, and how long the cluster takes to be whole after the last fault.
  private func observe(
    _ cluster: DrilledCluster?, _ load: LoadUnderFaults, _ ledger: Ledger
  ) async throws -> DrillEvidence {
    let start = ContinuousClock.now
    async let written: Void = ledger.write(run: "\(getpid())-\(UInt64.random(in: 0 ... .max))")
    async let measured = load.measure(second)
    do {
      var bands: [FaultBand] = []
      var convergence: Convergence?
      if let cluster {
        bands = try await Timeline(steps: drill.timeline, cluster: cluster, notes: notes).run(from: start)
        convergence = try await Convergence.wait(for: cluster, limit: convergenceLimit)
      }
      let (report, history) = try await measured
      ledger.stop()
      await written
      return DrillEvidence(load: report, history: history, bands: bands, convergence: convergence)
    } catch {
      load.stop()
      ledger.stop()
      throw error
    }
  }

  private var convergenceLimit: Duration {
    let bound = drill.expectations.first { $0.kind == .convergedWithinSeconds }?.bound ?? 0
    return .seconds(drill.isLoosened ? bound : max(bound, Self.convergenceSecondsMin))
  }

  private func second(_ second: SecondReport) {
    guard !second.isWarmUp else { return }
    let values = second.total
    notes(
      "\(Clocks.shown(second.atSeconds))  \(Decimals.padded("\(values.operations)", 5)) answers, "
        + "p99 \(Decimals.fixed(values.p99Ms, 1)) ms, max \(Decimals.fixed(values.maxMs, 1)) ms, "
        + "\(values.errors) errors")
  }
}

extension Drill {
  func asks(_ kind: Expectation.Kind) -> Bool { expectations.contains { $0.kind == kind } }
}
