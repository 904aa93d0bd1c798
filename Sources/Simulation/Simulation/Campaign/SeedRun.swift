import Catalog
public import Environment
import History
import Messages
import Node

/// One run of a region from a seed: faults while clients work, then a majority healed, then everything, then the checks.
///
/// A run is a pure function of the seed, the simulated time and, where one is given, the schedule of faults.
public final class SeedRun {
  public let seed: UInt64
  public let schedule: FaultSchedule
  public let trace: Trace
  private let options: SimulationOptions
  let cluster: SimulatedCluster
  /// Nil where the region is the only one.
  private let world: SimulatedWorld?
  private let faults: FaultDriver
  private let faultsElsewhere: [FaultDriver]
  private let length: Span
  private var random: SeededRandom
  private var violations: [Violation] = []

  /// - Parameter schedule: nil: the one that the seed draws.
  public init(seed: UInt64, length: Span, schedule: FaultSchedule? = nil, keepsTrace: Bool = false) {
    self.seed = seed
    self.length = length
    options = .drawn(seed: seed)
    trace = Trace(isKept: keepsTrace)
    random = SeededRandom(seed: seed ^ 0x5EED_0001)
    let all = [options] + SimulationOptions.drawnBeside(seed: seed)
    self.schedule = schedule ?? Self.schedule(seed: seed, all, length)
    world =
      all.count == 1
      ? nil
      : SimulatedWorld(
        all, weather: SimulationOptions.drawnWeatherBetween(seed: seed),
        residencies: SimulationOptions.drawnResidencies(seed: seed, regions: all.count), trace: trace,
        seed: seed ^ 0x0E65_0001)
    cluster = world?.regions[0] ?? SimulatedCluster(options: options, trace: trace)
    faults = FaultDriver(cluster, seed: random.next())
    faultsElsewhere = (world?.regions ?? []).dropFirst().enumerated().map { number, region in
      FaultDriver(region, seed: seed ^ 0x0E65_FA17 ^ UInt64(number))
    }
    if let world { faults.rule(world, others: faultsElsewhere) }
    for region in world?.regions ?? [cluster] {
      region.eventsMax = Int(length.nanoseconds / 1_000_000_000) * Self.eventsASecondMax + 1_000_000
    }
  }

  /// Some twenty times what is usual.
  private static let eventsASecondMax = 20_000

  /// - Parameter regions: the one that the run is about first.
  private static func schedule(seed: UInt64, _ regions: [SimulationOptions], _ length: Span) -> FaultSchedule {
    var mix = FaultMix(seed: seed ^ 0xFA17, regions[0])
    let faults = mix.schedule(for: length).faults
    if regions.count == 1 { return FaultSchedule(faults + mix.departures(for: length)) }
    return FaultSchedule(faults + mix.schedule(for: length, among: regions))
  }

  /// Which checks every run has. A new one is added here and nowhere else.
  private func checks(_ region: SimulatedRegion) -> [any SimulationCheck] {
    let clients = RegisterClients(region, seed: random.next())
    self.clients = clients
    let lagging = EventualReads(region, keys: clients.keys, seed: random.next())
    if let world {
      // What is asked of one region is asked in other seeds.
      return [
        clients, lagging, MinorityCheck(region, clients: clients), GlobalTableCheck(world, seed: seed ^ 0x61_0BA1),
      ] + world.regions.map { ReplicasCheck($0) }
    }
    return [
      clients, lagging, RecordClients(region, seed: random.next()), LockClients(region, seed: random.next()),
      RivalClients(region), TableClients(region, seed: random.next()),
      IndexCheck(region, length: length, seed: seed ^ 0x1DE_C5), MinorityCheck(region, clients: clients),
      StreamClients(region, seed: seed ^ 0x57_8EA5), ExpiryCheck(region, seed: seed ^ 0xE_4D),
      ReplicasCheck(cluster),
    ]
  }

  private var regions: [SimulatedCluster] { world?.regions ?? [cluster] }

  private var clients: RegisterClients?
  private var faultsBegan = Instant.zero

  public func run() -> SeedReport {
    let faultsComeFirst = random.chance(1, in: 4)
    // How long the faults go on before a majority is whole for a while, if it is before the end.
    let calm = random.chance(1, in: 2) ? Span(nanoseconds: length.nanoseconds / 100 * (30 + random.below(40))) : nil
    if faultsComeFirst { beginFaults() }
    if let table = makeTable(isUnderFaults: faultsComeFirst) {
      let region = SimulatedRegion(
        cluster: cluster, faults: faults, table: SimulatedTable(id: table), rate: 55 + random.below(30))
      let checks = checks(region)
      for check in checks { check.begin() }
      if !faultsComeFirst { beginFaults() }
      if let calm {
        pass(calm)
        rest(checks)
      }
      pass(Span(nanoseconds: length.nanoseconds - (calm ?? .zero).nanoseconds))
      live(checks)
      settle(checks)
      for check in checks { violations += check.judge() }
    }
    defer { for region in regions { region.end() } }
    return report()
  }

  /// Lets time pass, everywhere.
  @discardableResult
  private func pass(_ span: Span, until isDone: () -> Bool = { false }) -> Bool {
    world?.run(for: span, until: isDone) ?? cluster.run(for: span, until: isDone)
  }

  // MARK: Phases

  private func beginFaults() {
    faultsBegan = cluster.now
    faults.begin(schedule)
  }

  private func makeTable(isUnderFaults: Bool) -> TableID? {
    let maker = TableMaker(cluster)
    maker.begin()
    if isUnderFaults {
      pass(length) { maker.made != nil }
      if maker.made == nil { faults.endAll() }
    }
    if pass(.seconds(30), until: { maker.made != nil }) { return maker.made }
    violations.append(Violation(.setup, "no table is made within 30 s without faults"))
    return nil
  }

  /// A majority is whole, one node may stay broken: whatever clients ask now succeeds within ten seconds.
  private func live(_ checks: [any SimulationCheck]) {
    let broken = breakOne()
    trace.note(cluster.now, "phase", "a majority is healed; \(broken?.fault.description ?? "nothing") stays broken")
    for check in checks { check.majorityIsHealed(broken: broken?.node) }
    pass(.seconds(4))
    for check in checks { check.stop() }
    demandAnswers(checks)
  }

  /// All that is asked for by now is answered in time.
  private func demandAnswers(_ checks: [any SimulationCheck]) {
    let asked = cluster.now
    pass(.seconds(11)) { checks.allSatisfy { $0.hasAnswered(before: asked) } }
    for check in checks where !check.hasAnswered(before: asked) {
      violations.append(Violation(.liveness, "\(type(of: check)) get no answer with a majority whole"))
    }
  }

  /// In the middle of a run a majority is whole for a while. What is asked for then, or was before, succeeds within ten
  /// seconds; then the faults go on where they were.
  private func rest(_ checks: [any SimulationCheck]) {
    let passed = cluster.now.since(faultsBegan)
    let broken = breakOne()
    trace.note(
      cluster.now, "phase", "a majority is healed for a while; \(broken?.fault.description ?? "nothing") stays broken")
    for check in checks { check.majorityIsHealed(broken: broken?.node) }
    pass(.seconds(2))
    demandAnswers(checks)
    for check in checks { check.faultsReturn() }
    faults.endAll()
    trace.note(cluster.now, "phase", "the faults go on")
    cluster.hasStalls = true
    faults.begin(schedule.rest(after: passed))
  }

  /// Heals everything but one node, which then suffers something that lasts.
  private func breakOne() -> (node: NodeID, fault: Fault)? {
    cluster.hasStalls = false
    let damaged = faults.atlas.damaged
    guard damaged != nil || random.chance(3, in: 4) else {
      faults.endAll()
      return nil
    }
    let staying = cluster.nodeIDs.filter { !faults.gone.contains($0) }
    let victim = damaged ?? staying[random.index(staying.count)]
    let others = cluster.nodeIDs.filter { $0 != victim }.map { Process.node($0) }
    let coordinators = (0..<options.coordinators).map { Process.coordinator($0) }
    let fault: Fault =
      switch random.below(6) {
      case 0: .crash(victim)
      case 1: .pause(.node(victim))
      case 2: .cut([.node(victim)], others + (random.chance(1, in: 2) ? coordinators : []))
      case 3: .flap([.node(victim)], others, period: .milliseconds(100 + random.below(900)))
      case 4: .cutOneWay(from: .node(victim), to: others[random.index(others.count)])
      default: .slowDisk(victim, .seconds(2))
      }
    faults.endAll(except: victim)
    faults.begin(FaultSchedule([TimedFault(at: .zero, lasts: .seconds(1_000), fault)]))
    return (victim, fault)
  }

  /// Everything is healed; once each replica is whole the last looks are taken.
  private func settle(_ checks: [any SimulationCheck]) {
    faults.endAll()
    trace.note(cluster.now, "phase", "everything is healed")
    guard pass(.seconds(60), until: { isWhole }) else {
      violations.append(Violation(.recovery, "not whole 60 s after the last fault: \(ailing)"))
      return
    }
    if !pass(.seconds(30), until: { checks.allSatisfy { $0.isIdle } }) {
      violations.append(Violation(.liveness, "clients do not come to their ends with everything healed"))
    }
    for check in checks { check.finish() }
    // Looks come after what they wait for.
    var roundsLeft = 1
    for _ in 0..<Self.lastLooksMax where roundsLeft >= 0 {
      if pass(.seconds(20), until: { checks.allSatisfy { $0.isIdle } }) { return }
      roundsLeft = takesTime ? 1 : roundsLeft - 1
    }
  }

  private static let lastLooksMax = 15

  /// A large state that is fetched in small chunks takes its time, and so does what waits until clocks have caught up.
  private var takesTime: Bool {
    regions.contains { region in
      region.nodeIDs.contains { id in
        guard let node = region.node(id) else { return false }
        return node.isFetchingSnapshot || node.regionChanges.waiting > 0
      }
    }
  }

  private var isWhole: Bool { ailing.isEmpty }

  /// Which replicas are not whole, and why.
  private var ailing: String { regions.flatMap { ailing($0) }.joined(separator: "; ") }

  private func ailing(_ region: SimulatedCluster) -> [String] {
    let place = region.place.map { " in \($0.name)" } ?? ""
    var words: [String] = []
    for id in region.nodeIDs where region !== cluster || !faults.gone.contains(id) {
      guard let node = region.node(id) else {
        words.append("\(Process.node(id))\(place) is down")
        continue
      }
      if node.members?.plan != nil { words.append("replicas still move, as \(Process.node(id))\(place) knows") }
      for status in node.status where !status.isHealthy || status.isLearner || status.leader == nil {
        words.append(
          "shard \(status.shard.rawValue) at \(Process.node(id))\(place): "
            + (status.reason ?? "no voter with a leader"))
      }
    }
    return words
  }

  private func report() -> SeedReport {
    if regions.contains(where: { $0.events >= $0.eventsMax }) {
      violations.append(Violation(.liveness, "messages bring forth messages without end"))
    }
    let entries = clients?.entries ?? []
    var unique: [Violation] = []
    let found = (faultsElsewhere + [faults]).flatMap(\.violations) + violations
    for violation in found where !unique.contains(violation) { unique.append(violation) }
    return SeedReport(
      seed: seed, violations: unique, traceHash: trace.hash, simulated: cluster.now, nodes: options.nodes,
      faults: faults.begun, operations: entries.count,
      unknown: entries.filter { $0.history.outcome == .unknown && !$0.isVoid }.count,
      events: regions.reduce(0) { $0 + $1.events })
  }
}

/// What came of a run.
public struct SeedReport: Sendable, Equatable {
  public var seed: UInt64
  /// Empty after a good run.
  public var violations: [Violation]
  /// Equal for equal runs.
  public var traceHash: UInt64
  /// The simulated time at the end.
  public var simulated: Instant
  public var nodes: Int
  /// Faults that found something to harm.
  public var faults: Int
  public var operations: Int
  public var unknown: Int
  public var events: Int
}
