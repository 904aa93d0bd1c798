import Catalog
import Coordinator
import Edge
import Environment
import Logging
import Messages
import NIOCore
import NIOPosix
public import Settings
import Synchronization
import System
import Telemetry
import Transport

/// One coordinator as a process: on each of its loops a machine of its own with links of its own to all nodes.
public struct CoordinatorProcess {
  private let settings: CoordinatorSettings
  private let faults: String?

  /// - Parameter faults: what `POST /faults` takes, in force before the first link; only with `enableFaults`.
  public init(settings: CoordinatorSettings, faults: String? = nil) {
    self.settings = settings
    self.faults = faults
  }

  /// Runs until SIGTERM or SIGINT; throws where the coordinator cannot start.
  public func run() throws {
    Memory.keepFreed()
    Signals.prepare()
    let logger = ProcessLog.logger(process: settings.name, format: settings.logFormat, level: settings.logLevel)
    let group = MultiThreadedEventLoopGroup(numberOfThreads: settings.loops)
    let adminGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let state = ProcessState(loops: settings.loops)
    var registry = MetricRegistry()
    ProcessMetrics.register(in: &registry)
    let transport = TransportOptions(logger: logger, metrics: TransportMetrics(&registry))
    let nodes = try settings.nodes.map { node in
      (node, try ProcessFailure.address(node.address, key: "nodes.\(node.name).address"))
    }
    let faults = try settings.enableFaults ? ProcessFaults(initial: faults) : nil
    let lanes = CoordinatorLanes(settings: settings, nodes: nodes, transport: transport, state: state, faults: faults)
    let regions = otherRegions(&registry, logger)
    let edge = try startEdge(group, &registry, lanes, regions)
    let admin = try startAdmin(adminGroup.next(), &registry, state, lanes)
    state.publish(registry)
    logger.info("coordinator started", metadata: ["listen": "\(settings.listen)", "admin": "\(settings.admin)"])
    if settings.corsOrigins.contains(CoordinatorSettings.everyOrigin) {
      logger.warning("every web page may call the API: corsOrigins lists '*'")
    }
    let ending = Signals.wait()
    logger.info("coordinator stops", metadata: ["reason": "\(ending.reason)"])
    try? edge.shutDown().wait()
    if let regions { try? group.next().makeFutureWithTask { await regions.shutDown() }.wait() }
    lanes.stop()
    try? admin.shutDown().wait()
    try? group.syncShutdownGracefully()
    try? adminGroup.syncShutdownGracefully()
  }

  /// Nil where there is only one.
  private func otherRegions(_ registry: inout MetricRegistry, _ logger: Logger) -> OtherRegions? {
    guard settings.regions.count > 1 else { return nil }
    let first = settings.regions[0].name
    return OtherRegions(
      own: settings.region, regions: settings.regions.map { .init(name: $0.name, endpoints: $0.endpoints) },
      registry: &registry
    ) { name in
      logger.notice(
        "a request is signed for a region outside the topology; the first region serves those",
        metadata: ["region": "\(name)", "first": "\(first)"])
    }
  }

  private func startEdge(
    _ group: MultiThreadedEventLoopGroup, _ registry: inout MetricRegistry, _ lanes: CoordinatorLanes,
    _ regions: OtherRegions?
  ) throws -> EdgeServer {
    let address = try ProcessFailure.address(settings.listen, key: "listen")
    let configuration = EdgeConfiguration(
      host: address.host, port: address.port, region: settings.region, allowedHosts: settings.allowedHosts,
      corsOrigins: settings.corsOrigins)
    do {
      return try EdgeServer.start(
        configuration, group: group, clock: lanes.clock, registry: &registry, regions: regions,
        makeHost: { lanes.make($0, $1) }
      ).wait()
    } catch {
      throw ProcessFailure.listening(on: settings.listen, key: "listen", error)
    }
  }

  private func startAdmin(
    _ loop: any EventLoop, _ registry: inout MetricRegistry, _ state: ProcessState, _ lanes: CoordinatorLanes
  ) throws -> AdminServer {
    let address = try ProcessFailure.address(settings.admin, key: "admin")
    do {
      return try AdminServer.start(
        host: address.host, port: address.port, eventLoop: loop, clock: lanes.clock, registry: &registry,
        isReady: { state.isReady }, metrics: { state.metricsPage() }, routes: lanes.routes
      ).wait()
    } catch {
      throw ProcessFailure.listening(on: settings.admin, key: "admin", error)
    }
  }
}

/// Makes each loop's machine and links, and stops them.
private final class CoordinatorLanes: Sendable {
  private let settings: CoordinatorSettings
  private let nodes: [(NodeAddress, HostPort)]
  private let transport: TransportOptions
  private let state: ProcessState
  private static let readinessIntervalMs: Int64 = 20
  private let stops = Mutex<[@Sendable () -> Void]>([])
  private let faults: Mutex<ProcessFaults?>
  let clock: RealClock
  private let incarnation = RealClock().wallTimeMs
  private let recentChanges = RecentChanges()

  init(
    settings: CoordinatorSettings, nodes: [(NodeAddress, HostPort)], transport: TransportOptions, state: ProcessState,
    faults: ProcessFaults?
  ) {
    self.faults = Mutex(faults)
    clock = RealClock(offset: faults?.clockOffset)
    self.settings = settings
    self.nodes = nodes
    self.transport = transport
    self.state = state
  }

  /// On the loop, as ``EdgeServer`` asks.
  func make(_ loop: any EventLoop, _ number: Int) -> CoordinatorHost {
    let links = CoordinatorLinks(
      nodes: nodes.map { (NodeID($0.0.node), $0.0.name, $0.1) }, logger: transport.logger)
    let coordinator = Coordinator(
      configuration: CoordinatorConfiguration(
        nodes: nodes.map { NodeID($0.0.node) }, callTimeout: .milliseconds(UInt64(settings.callTimeoutMs))),
      random: SeededRandom(seed: UInt64.random(in: .min ... .max)), recentChanges: recentChanges)
    let host = CoordinatorHost(coordinator: coordinator, eventLoop: loop, clock: clock) { links.send($0, $1) }
    links.host = host
    let local = Handshake(
      cluster: settings.cluster, process: "\(settings.name).\(number)", role: "coordinator", incarnation: incarnation)
    let table = faults.withLock { $0?.makeTable(on: loop) }
    links.start { [transport] name, address in
      Dialer(
        loop: loop, host: address.host, port: address.port, transportClass: .operations, local: local,
        expectedProcess: name, options: transport, faults: table,
        random: SeededRandom(seed: UInt64.random(in: .min ... .max)), delegate: links)
    }
    host.start()
    watch(host, links, loop)
    return host
  }

  /// Asked when every loop has its machine.
  var routes: [AdminServer.Route] { faults.withLock { $0.map { [$0.route()] } ?? [] } }

  private func watch(_ host: CoordinatorHost, _ links: CoordinatorLinks, _ loop: any EventLoop) {
    let bound = NIOLoopBound((host, links), eventLoop: loop)
    let readiness = NIOLoopBoundBox(LoopReadiness(state), eventLoop: loop)
    let ticker = loop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(Self.readinessIntervalMs)) { _ in
      readiness.value.update(bound.value.0.isReady)
      if let members = bound.value.0.catalog.members { bound.value.1.follow(members) }
    }
    stops.withLock {
      $0.append {
        ticker.cancel()
        try? loop.submit {
          bound.value.0.stop()
          bound.value.1.stop()
        }.wait()
      }
    }
  }

  func stop() {
    for stop in stops.withLock({ $0 }) { stop() }
  }
}
