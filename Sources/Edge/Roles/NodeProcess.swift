import Catalog
import Edge
import Environment
import Journal
import Logging
import Messages
import NIOCore
import NIOPosix
import Node
import Raft
public import Settings
import System
import Telemetry
import Transport

/// One node as a process: its machine on one event loop, a listener for consensus and operations, an admin port.
public struct NodeProcess {
  private let settings: NodeSettings

  private let faults: String?

  /// - Parameter faults: what `POST /faults` takes, in force before the first link; only with `enableFaults`.
  public init(settings: NodeSettings, faults: String? = nil) {
    self.settings = settings
    self.faults = faults
  }

  /// How long a clean stop waits for its leaderships to move.
  private static let leavePatience = TimeAmount.seconds(1)

  /// Runs until SIGTERM, after which it hands over what it leads, or SIGINT; throws where the node cannot start or has to
  /// stop.
  public func run() throws {
    Memory.keepFreed()
    Signals.prepare()
    let logger = ProcessLog.logger(process: settings.name, format: settings.logFormat, level: settings.logLevel)
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let loop = group.next()
    let state = ProcessState(loops: 1)
    let assembly = NodeAssembly(
      settings: settings, loop: loop, state: state, logger: logger,
      faults: try settings.enableFaults ? ProcessFaults(initial: faults) : nil)
    let host = try loop.submit { try NIOLoopBound(assembly.open(), eventLoop: loop) }.wait()
    try loop.flatSubmit { assembly.listen(host.value) }.wait()
    let admin = try assembly.startAdmin(host)
    logger.info("node started", metadata: ["listen": "\(settings.listen)", "admin": "\(settings.admin)"])
    let ending = Signals.wait()
    logger.info("node stops", metadata: ["reason": "\(ending.reason)"])
    if case .asked = ending { try? loop.flatSubmit { host.value.leave(patience: Self.leavePatience) }.wait() }
    let workers = try loop.submit { SendableWorkers(host.value.shutdown()) }.wait()
    try? assembly.closeListener().wait()
    try? admin.shutDown().wait()
    workers.threads?.shutdown()
    try? group.syncShutdownGracefully()
    if case .failed(let reason) = ending { throw ProcessFailure(reason) }
  }
}

private struct SendableWorkers: Sendable {
  let threads: WorkerThreads?

  init(_ threads: WorkerThreads?) { self.threads = threads }
}

/// Puts a node's parts together on its loop.
///
/// `@unchecked Sendable`: `listener`, the faults, `registry` and `transport` are touched on `loop`, and by the starting
/// thread while it waits for what it asked of the loop.
private final class NodeAssembly: @unchecked Sendable {
  private let settings: NodeSettings
  private let loop: any EventLoop
  private let state: ProcessState
  private let logger: Logger
  private let clock: RealClock
  private var listener: Listener?
  private var faults: ProcessFaults?
  private var faultTable: FaultTable?

  init(settings: NodeSettings, loop: any EventLoop, state: ProcessState, logger: Logger, faults: ProcessFaults?) {
    self.faults = faults
    clock = RealClock(offset: faults?.clockOffset)
    self.settings = settings
    self.loop = loop
    self.state = state
    self.logger = logger
  }

  /// Opens the data directory and makes the host. On the loop.
  func open() throws -> NodeHost {
    var registry = MetricRegistry()
    ProcessMetrics.register(in: &registry)
    transport = TransportOptions(logger: logger, metrics: TransportMetrics(&registry))
    let node = try Node(
      configuration: try configuration(), disk: faults.map { FaultyDisk($0.disk) } ?? RealDisk(),
      random: SeededRandom(seed: UInt64.random(in: .min ... .max)), now: clock.now,
      clock: { [clock] in clock.now })
    if let pauses = faults?.initial?.pauses(from: settings.region) { node.pauseReplication(pauses) }
    let metrics = NodeMetrics(&registry, node: node)
    self.registry = registry
    let peers = Dictionary(uniqueKeysWithValues: settings.peers.map { ($0.name, NodeID($0.node)) })
    let regional = Dictionary(
      uniqueKeysWithValues: settings.regions.flatMap { region in
        region.nodes.map { ($0.name, RegionalNode(region: region.name, node: NodeID($0.node))) }
      })
    return NodeHost(
      node: node, loop: loop, peers: peers, regional: regional, clock: clock, logger: logger, metrics: metrics,
      regionMetrics: RegionMetrics(region: settings.region, state), readiness: LoopReadiness(state)
    ) { Signals.stop(because: $0.description) }
  }

  private var registry = MetricRegistry()
  private var transport: TransportOptions?

  private func configuration() throws -> NodeConfiguration {
    let tuning = settings.tuning
    var configuration = NodeConfiguration(
      cluster: settings.cluster, node: NodeID(settings.node), nodes: settings.peers.map { NodeID($0.node) },
      founders: settings.founders.map { NodeID($0) }, shards: settings.shards, replication: settings.replication,
      dataDirectory: settings.data,
      overlayBytesMax: tuning.overlayBytesMax)
    configuration.members = settings.peers.map { Member(node: NodeID($0.node), name: $0.name, address: $0.address) }
    configuration.regions = settings.regions.map { region in
      .init(name: region.name, nodes: region.nodes.map { NodeID($0.node) })
    }
    configuration.regionFeedBytesMax = UInt64(tuning.regionFeedBytesMax)
    configuration.replicaRemovalMs = UInt64(tuning.replicaRemovalMs)
    configuration.residencies = settings.residencies
    configuration.residencyHash = try settings.residencyHash()
    configuration.journal.segmentBytes = tuning.journalSegmentBytes
    configuration.journalBytesMax = tuning.journalBytesMax
    configuration.streams.retentionMs = UInt64(tuning.streamRetentionMs)
    configuration.streams.bytesMax = UInt64(tuning.streamBytesMax)
    configuration.scrubInterval = .milliseconds(UInt64(tuning.scrubIntervalMs))
    configuration.balancesLeaders = tuning.balanceLeaders
    configuration.indexDelay = .milliseconds(UInt64(tuning.indexDelayMs))
    configuration.raft.heartbeatInterval = .milliseconds(UInt64(tuning.heartbeatMs))
    configuration.raft.electionTimeoutMin = .milliseconds(UInt64(tuning.electionMinMs))
    configuration.raft.electionTimeoutMax = .milliseconds(UInt64(tuning.electionMaxMs))
    return configuration
  }

  /// Binds the internal listener, then dials every other node. On the loop.
  func listen(_ host: NodeHost) -> EventLoopFuture<Void> {
    guard let transport, let address = HostPort(settings.listen) else {
      return loop.makeFailedFuture(ProcessFailure("'listen' is '\(settings.listen)', not host:port."))
    }
    let local = Handshake(
      cluster: settings.cluster, process: settings.name, role: "node", incarnation: host.node.incarnation)
    faultTable = faults?.makeTable(on: loop)
    let listener = Listener(loop: loop, local: local, options: transport, faults: faultTable) { _, peer in
      host.admit(peer).map { .refuse(status: HandshakeStatus.incarnation, reason: $0) } ?? .accept(host)
    }
    self.listener = listener
    let bound = NIOLoopBound(host, eventLoop: loop)
    let key = settings.listen
    return listener.bind(host: address.host, port: address.port)
      .flatMapErrorThrowing { throw ProcessFailure.listening(on: key, key: "listen", $0) }
      .flatMapThrowing { [self] _ in
        guard let listener = self.listener else { fatalError("The listener went before its node began.") }
        bound.value.start(
          listener: listener, links: try links(local, transport, bound.value),
          regional: try regionalDialers(local, transport, bound.value),
          makeDialer: { [unowned self, unowned listener] transportClass, member in
            // By now this process may have an incarnation that it did not have at its start.
            HostPort(member.address).map {
              dialer(transportClass, to: member.name, $0, listener.local, transport, bound.value)
            }
          },
          makeRegionalDialer: { [unowned self] region, member in
            guard let region = settings.regions.first(where: { $0.name == region }) else { return nil }
            return HostPort(member.address).map {
              regionalDialer(to: member.name, $0, of: region, local, transport, bound.value)
            }
          })
      }
  }

  /// To the nodes of other regions, each of which is told the id of its own cluster: it would refuse another one.
  private func regionalDialers(
    _ local: Handshake, _ transport: TransportOptions, _ host: NodeHost
  ) throws -> [RegionalNode: Dialer] {
    var dialers: [RegionalNode: Dialer] = [:]
    for region in settings.regions {
      for node in region.nodes {
        let address = try ProcessFailure.address(node.address, key: "regions.\(node.name).address")
        dialers[RegionalNode(region: region.name, node: NodeID(node.node))] = regionalDialer(
          to: node.name, address, of: region, local, transport, host)
      }
    }
    return dialers
  }

  private func regionalDialer(
    to name: String, _ address: HostPort, of region: RegionNodes, _ local: Handshake, _ transport: TransportOptions,
    _ host: NodeHost
  ) -> Dialer {
    var local = local
    local.cluster = region.cluster
    return Dialer(
      loop: loop, host: address.host, port: address.port, transportClass: .operations, local: local,
      expectedProcess: name, options: transport, faults: faultTable,
      random: SeededRandom(seed: UInt64.random(in: .min ... .max)), delegate: host)
  }

  private func links(
    _ local: Handshake, _ transport: TransportOptions, _ host: NodeHost
  ) throws -> [TransportClass: [NodeID: Dialer]] {
    var links: [TransportClass: [NodeID: Dialer]] = [:]
    for peer in settings.peers where peer.node != settings.node {
      let address = try ProcessFailure.address(peer.address, key: "peers.\(peer.name).address")
      for transportClass in NodeHost.linkClasses {
        links[transportClass, default: [:]][NodeID(peer.node)] = dialer(
          transportClass, to: peer.name, address, local, transport, host)
      }
    }
    return links
  }

  private func dialer(
    _ transportClass: TransportClass, to name: String, _ address: HostPort, _ local: Handshake,
    _ transport: TransportOptions, _ host: NodeHost
  ) -> Dialer {
    Dialer(
      loop: loop, host: address.host, port: address.port, transportClass: transportClass, local: local,
      expectedProcess: name, options: transport, faults: faultTable,
      random: SeededRandom(seed: UInt64.random(in: .min ... .max)),
      admit: { [unowned host] in host.admit($0) }, delegate: host)
  }

  func closeListener() -> EventLoopFuture<Void> {
    loop.flatSubmit { [self] in listener?.close() ?? loop.makeSucceededVoidFuture() }
  }

  func startAdmin(_ host: NIOLoopBound<NodeHost>) throws -> AdminServer {
    let address = try ProcessFailure.address(settings.admin, key: "admin")
    let (loop, state, name) = (loop, state, settings.name)
    var routes = [
      AdminServer.Route(.get, "/status") { _, completion in
        loop.execute { completion(.json(StatusPage.status(host.value.node, name: name, host.value.regionMetrics))) }
      },
      AdminServer.Route(.post, "/checksum") { _, completion in
        loop.execute { host.value.proposeChecksums { completion(.json(StatusPage.proposed($0))) } }
      },
    ]
    routes += MembersPage.routes(loop, host)
    if let faults {
      let region = settings.region
      routes.append(
        faults.route { orders in
          if let pauses = orders.pauses(from: region) { host.value.node.pauseReplication(pauses) }
        })
    }
    do {
      let server = try AdminServer.start(
        host: address.host, port: address.port, eventLoop: loop, clock: clock, registry: &registry,
        isReady: { state.isReady }, metrics: { state.metricsPage() }, routes: routes
      ).wait()
      state.publish(registry)
      return server
    } catch {
      throw ProcessFailure.listening(on: settings.admin, key: "admin", error)
    }
  }
}
