import Catalog
import Environment
import Logging
import Messages
import NIOCore
import Node
import System
import Telemetry
import Transport

/// A node of another region.
struct RegionalNode: Hashable {
  var region: String
  var node: NodeID
}

/// Drives one ``Node`` on one event loop: frames in, effects out, blocking work on threads.
///
/// Confined to its loop. Whatever arrives in one turn of the loop is handed to the machine, and the machine's effects
/// are taken once, at the end of the turn.
final class NodeHost {
  /// How often the machine is given the time.
  static let tickIntervalMs: Int64 = 20

  let node: Node
  private let loop: any EventLoop
  /// Every node of the cluster, by the name of its process.
  var peers: [String: NodeID]
  /// Every node of the other regions, by the name of its process.
  var regional: [String: RegionalNode]
  private let clock: any Clock
  private let logger: Logger
  private let metrics: NodeMetrics
  let regionMetrics: RegionMetrics
  private var readiness: LoopReadiness
  private let stop: (NodeFailure) -> Void
  private var workers: WorkerThreads?
  private var listener: Listener?
  /// Those of every class, within the region.
  var links: [TransportClass: [NodeID: Dialer]] = [:]
  /// Makes links to a node that came later; nil where its address is none.
  var makeDialer: ((TransportClass, Member) -> Dialer?)?
  /// The same to a node of another region.
  var makeRegionalDialer: ((String, Member) -> Dialer?)?
  /// The versions of the members that the links follow, of this region (its name is empty) and others.
  var followedVersions: [String: UInt64] = [:]
  /// For operations, to other regions.
  var regionalDialers: [RegionalNode: Dialer] = [:]
  private var dialers: [Dialer] { links.values.flatMap(\.values) }
  /// Links that requests come on, by the number that answers are addressed with.
  private var connections: [UInt64: Link] = [:]
  private var nextConnection: UInt64 = 1
  private var localWaiters: [UInt64: (Answer) -> Void] = [:]
  /// What the peer of a dialer was known to lead when its newest attempt began.
  private var ledAtDial: [ObjectIdentifier: [Node.Leadership]] = [:]
  private var turnEndIsScheduled = false
  private var leftoverTurnIsScheduled = false
  private var ticker: RepeatedTask?
  private var ticks: UInt64 = 0
  private static let ticksPerShow: UInt64 = 50

  /// Requests of this process itself come on this connection.
  private static let localConnection: UInt64 = 0

  init(
    node: Node, loop: any EventLoop, peers: [String: NodeID], regional: [String: RegionalNode], clock: any Clock,
    logger: Logger, metrics: NodeMetrics, regionMetrics: RegionMetrics,
    readiness: LoopReadiness, stop: @escaping (NodeFailure) -> Void
  ) {
    self.node = node
    self.loop = loop
    self.peers = peers
    self.regional = regional
    self.clock = clock
    self.logger = logger
    self.metrics = metrics
    self.regionMetrics = regionMetrics
    self.readiness = readiness
    self.stop = stop
  }

  // MARK: Life

  func start(
    listener: Listener, links: [TransportClass: [NodeID: Dialer]], regional: [RegionalNode: Dialer],
    makeDialer: @escaping (TransportClass, Member) -> Dialer?,
    makeRegionalDialer: @escaping (String, Member) -> Dialer?
  ) {
    self.listener = listener
    self.links = links
    self.makeDialer = makeDialer
    self.makeRegionalDialer = makeRegionalDialer
    regionalDialers = regional
    let boundSelf = NIOLoopBound(self, eventLoop: loop)
    let loop = loop
    workers = WorkerThreads { id, error in
      // An error crosses threads as what it says; its kind decides here, where it was thrown.
      let failure = error.map { JobFailure($0) }
      loop.execute { boundSelf.value.jobFinished(id, failure) }
    }
    for dialer in dialers + regional.values { dialer.start() }
    let interval = TimeAmount.milliseconds(Self.tickIntervalMs)
    ticker = loop.scheduleRepeatedTask(initialDelay: .zero, delay: interval) { _ in boundSelf.value.tick() }
  }

  /// Hands over what the node leads; the result comes when that is done, or after `patience`.
  func leave(patience: TimeAmount) -> EventLoopFuture<Void> {
    let promise = loop.makePromise(of: Void.self)
    left = promise
    node.leave(now: clock.now)
    endTurn()
    loop.assumeIsolated().scheduleTask(in: patience) { [self] in finishLeaving() }
    return promise.futureResult
  }

  private var left: EventLoopPromise<Void>?

  private func finishLeaving() {
    left?.succeed()
    left = nil
  }

  /// Ends the machine's time and its connections, and returns the threads to be joined elsewhere.
  func shutdown() -> WorkerThreads? {
    ticker?.cancel()
    ticker = nil
    for dialer in dialers + regionalDialers.values { dialer.stop() }
    defer { workers = nil }
    return workers
  }

  // MARK: Events

  private func tick() {
    node.tick(now: clock.now, wallTimeMs: clock.wallTimeMs)
    ticks += 1
    if ticks % Self.ticksPerShow == 0 {
      metrics.showLevels(node)
      regionMetrics.showLevels(node)
    }
    followMembers()
    endTurn()
  }

  private func jobFinished(_ id: UInt64, _ failure: JobFailure?) {
    guard workers != nil else { return }
    node.jobFinished(id, error: failure?.error, now: clock.now)
    scheduleTurnEnd()
  }

  /// One operation of this process itself, such as a checksum ordered over the admin port.
  func submit(_ operation: Operation, shard: ShardID, completion: @escaping (Answer) -> Void) {
    let id = nextConnection
    nextConnection += 1
    localWaiters[id] = completion
    let request = Request(id: id, shard: shard, operation: operation)
    node.received([request], connection: Self.localConnection, now: clock.now)
    scheduleTurnEnd()
  }

  /// Orders a checksum of every shard that this node leads; `completion` gets the log index of each.
  func proposeChecksums(_ completion: @escaping ([(shard: ShardID, index: UInt64)]) -> Void) {
    let shards = node.ledShards
    guard !shards.isEmpty else { return completion([]) }
    var left = shards.count
    var proposed: [(shard: ShardID, index: UInt64)] = []
    for shard in shards {
      submit(.checksum, shard: shard) { answer in
        if case .checksumAt(let index) = answer { proposed.append((shard, index)) }
        left -= 1
        if left == 0 { completion(proposed.sorted { $0.shard < $1.shard }) }
      }
    }
  }

  private func scheduleTurnEnd() {
    guard !turnEndIsScheduled else { return }
    turnEndIsScheduled = true
    loop.assumeIsolated().execute { [self] in
      turnEndIsScheduled = false
      endTurn()
    }
  }

  /// A task that executes itself again would keep the loop from its sockets; a timer does not.
  private func scheduleTurnSoon() {
    guard !leftoverTurnIsScheduled else { return }
    leftoverTurnIsScheduled = true
    loop.assumeIsolated().scheduleTask(in: .microseconds(Self.leftoverDelayUs)) { [self] in
      leftoverTurnIsScheduled = false
      endTurn()
    }
  }

  private static let leftoverDelayUs: Int64 = 200

  private func endTurn() {
    guard let workers else { return }
    let effects = node.takeEffects(now: clock.now)
    if let failure = effects.failure { return stop(failure) }
    for notice in effects.notices { log(notice) }
    for (node, bytes) in effects.consensus { links[.consensus]?[node]?.link?.send(bytes) }
    for (node, bytes) in effects.bulk { links[.bulk]?[node]?.link?.send(bytes) }
    for job in effects.jobs { workers.run(job) }
    for (node, requests) in effects.requests {
      for frame in OperationFrame.encode(requests) { send(frame, on: links[.operations]?[node]?.link) }
    }
    for (region, node, requests) in effects.regional {
      guard let link = regionalDialers[RegionalNode(region: region, node: node)]?.link else { continue }
      // A region may run an earlier release, to which a frame with anything unknown in it says nothing.
      let known = requests.filter { $0.operation.version <= link.protocolVersion }
      for frame in OperationFrame.encode(known) { send(frame, on: link) }
    }
    for (connection, responses) in effects.responses { answer(connection, responses) }
    if effects.hasMore { scheduleTurnSoon() }
    metrics.turns.add()
    readiness.update(node.isReady)
    showIncarnation()
    if left != nil, !node.leadsAnything { finishLeaving() }
  }

  private func log(_ notice: NodeNotice) {
    var metadata: Logger.Metadata = ["text": "\(notice.text)"]
    if let shard = notice.shard { metadata["shard"] = "\(shard.rawValue)" }
    logger.warning("replicas change", metadata: metadata)
  }

  /// A frame that finds no room is never sent: the peer learns it by the end of the link, not by waiting.
  private func send(_ frame: [UInt8], on link: Link?) {
    guard let link, link.send(frame) == .queueFull else { return }
    logger.warning("a peer does not drain its link", metadata: ["peer": "\(link.peer.process)"])
    link.close()
  }

  private func answer(_ connection: UInt64, _ responses: [Response]) {
    guard connection == Self.localConnection else {
      metrics.answers.add(UInt64(responses.count))
      for frame in OperationFrame.encode(responses) { send(frame, on: connections[connection]) }
      return
    }
    for response in responses { localWaiters.removeValue(forKey: response.id)?(response.answer) }
  }
}

/// What a job threw, carried from its thread to the loop.
///
/// `@unchecked Sendable`: made on the job's thread, read on the loop after it; never shared.
struct JobFailure: @unchecked Sendable {
  let error: any Error

  init(_ error: any Error) { self.error = error }
}

extension NodeHost: DialerDelegate {
  func linkUp(_ link: Link, peer: Handshake) {
    if !link.isDialed && link.transportClass == .operations {
      link.tag = Int(nextConnection)
      connections[nextConnection] = link
      nextConnection += 1
    }
    if link.isDialed && link.transportClass == .operations, let node = peers[peer.process] {
      self.node.linkUp(node, now: clock.now)
      scheduleTurnEnd()
    }
    logger.debug(
      "link up", metadata: ["peer": "\(peer.process)", "class": "\(link.transportClass.name)"])
  }

  func linkDown(_ link: Link, reason: LinkFailure) {
    if link.tag > 0 { connections[UInt64(link.tag)] = nil }
    logger.info(
      "link down",
      metadata: ["peer": "\(link.peer.process)", "class": "\(link.transportClass.name)", "reason": "\(reason)"])
  }

  func dialBegins(_ dialer: Dialer) {
    guard let peer = dialer.expectedProcess.flatMap({ peers[$0] }) else { return }
    ledAtDial[ObjectIdentifier(dialer)] = node.leaderships(of: peer)
  }

  func dialFailed(_ dialer: Dialer, reason: LinkFailure) {
    switch reason {
    case .refused(status: HandshakeStatus.incarnation, _): stop(.oldCopy(node.configuration))
    // On loopback the kernel that refuses is the one that knows; elsewhere a machine in between could have answered.
    case .refusedAddress where Self.isLoopback(dialer.host):
      processDied(leading: ledAtDial[ObjectIdentifier(dialer)] ?? [])
    default: break
    }
  }

  private static func isLoopback(_ host: String) -> Bool {
    host.hasPrefix("127.") || host == "localhost" || host == "::1"
  }

  private func processDied(leading: [Node.Leadership]) {
    guard !leading.isEmpty else { return }
    node.processDied(leading: leading, now: clock.now)
    scheduleTurnEnd()
  }

  /// The machine's word on another node's process.
  func admit(_ peer: Handshake) -> String? {
    guard let id = peers[peer.process] else { return nil }
    if let reason = node.admit(id, incarnation: peer.incarnation, start: peer.start) { return reason }
    node.heard(id, speaks: peer.protocolVersion)
    return nil
  }

  /// A node that had no data has an incarnation once it found its part.
  private func showIncarnation() {
    guard let listener, listener.local.incarnation != node.incarnation else { return }
    listener.local.incarnation = node.incarnation
    for dialer in dialers { dialer.local.incarnation = node.incarnation }
  }

  func received(_ link: Link, frame: [UInt8]) {
    let now = clock.now
    switch link.transportClass {
    case .consensus:
      guard let from = peers[link.peer.process] else { return }
      node.receivedConsensus(frame, from: from, now: now)
    case .operations: receivedOperations(link, frame, now: now)
    case .bulk:
      guard let from = peers[link.peer.process] else { return }
      node.receivedBulk(frame, from: from, now: now)
    }
  }

  func receivedAll(_ link: Link) { scheduleTurnEnd() }

  private func receivedOperations(_ link: Link, _ frame: [UInt8], now: Instant) {
    switch try? OperationFrame(frame) {
    case .requests(let requests) where !link.isDialed:
      metrics.requests.add(UInt64(requests.count))
      node.received(requests, connection: UInt64(link.tag), now: now)
    case .responses(let responses) where link.isDialed:
      if let other = regional[link.peer.process] {
        return node.received(responses, from: other.node, of: other.region, now: now)
      }
      guard let from = peers[link.peer.process] else { return }
      node.received(responses, from: from, now: now)
    default:
      logger.warning("an operations frame cannot be read", metadata: ["peer": "\(link.peer.process)"])
      link.close()
    }
  }
}
