public import Coordinator
public import Environment
import Journal
public import Messages
public import Node
import SimulatedDisk

/// A region in one thread on virtual time: real nodes and a real coordinator over a simulated network and disks.
///
/// The same seed gives the same run. Faults are the caller's to order (``crash(_:)``, ``partition(_:)``), or come from
/// ``SimulationOptions``.
public final class SimulatedCluster {
  public let options: SimulationOptions
  public private(set) var now = Instant(nanoseconds: 1_000_000_000)
  public let coordinator: Coordinator
  /// Messages delivered so far, a measure of what happened.
  public private(set) var delivered = 0
  /// Those of them by which nodes fetch the state of a group.
  public private(set) var bulkDelivered = 0

  private var random: SeededRandom
  private var queue = EventQueue<Event>()
  private let machines: [SimulatedMachine]
  private var blocked: Set<Edge> = []
  private var completions: [UInt64: (CallOutcome) -> Void] = [:]
  private var nextToken: UInt64 = 1
  private var linksUp: Set<NodeID> = []
  /// What happened to paused processes, in order.
  private var waiting: [(id: NodeID, event: Event)] = []

  private enum Event {
    case tick(NodeID, life: UInt64)
    case turn(NodeID, life: UInt64)
    case consensus(from: NodeID, to: NodeID, [UInt8])
    case bulk(from: NodeID, to: NodeID, [UInt8])
    case nodeRequests(from: NodeID, life: UInt64, to: NodeID, [Request])
    case nodeResponses(from: NodeID, to: NodeID, life: UInt64, [Response])
    case coordinatorTick
    case requests(to: NodeID, [UInt8])
    case responses(from: NodeID, life: UInt64, [UInt8])
    case job(NodeID, life: UInt64, id: UInt64)
    case action(() -> Void)

    /// The process that it happens to.
    var node: NodeID? {
      switch self {
      case .tick(let id, _), .turn(let id, _), .job(let id, _, _), .consensus(_, let id, _),
        .bulk(_, let id, _),
        .nodeRequests(_, _, let id, _),
        .nodeResponses(_, let id, _, _), .requests(let id, _):
        id
      case .responses, .coordinatorTick, .action: nil
      }
    }
  }

  private struct Edge: Hashable {
    var from: NodeID
    var to: NodeID
  }

  /// Answers to requests of another node come back on a pseudo-connection of that node's life: a connection ends with the
  /// process that opened it.
  private static func connection(of node: NodeID, life: UInt64) -> UInt64 { life << 32 | UInt64(node.rawValue) }
  private static let coordinatorConnection: UInt64 = 1

  public init(options: SimulationOptions) {
    self.options = options
    random = SeededRandom(seed: options.seed)
    let nodes = (1...UInt32(options.nodes)).map { NodeID($0) }
    machines = nodes.map { SimulatedMachine(id: $0) }
    coordinator = Coordinator(
      configuration: CoordinatorConfiguration(nodes: nodes), random: SeededRandom(seed: random.next()))
    for node in nodes { start(node) }
    queue.add(.coordinatorTick, at: now)
  }

  // MARK: The world

  /// Runs until `deadline` of virtual time or until `isDone`; says which.
  @discardableResult
  public func run(for span: Span, until isDone: () -> Bool = { false }) -> Bool {
    let deadline = now + span
    while !isDone() {
      guard let next = queue.nextAt, next <= deadline, let (at, event) = queue.next() else {
        now = deadline
        return isDone()
      }
      now = at
      handle(event)
    }
    return true
  }

  /// Does something at a later time.
  public func schedule(after span: Span, _ action: @escaping () -> Void) {
    queue.add(.action(action), at: now + span)
  }

  public func submit(_ call: Call, _ completion: @escaping (CallOutcome) -> Void) {
    completions[nextToken] = completion
    coordinator.submit(call, token: nextToken, now: now)
    nextToken += 1
    endCoordinatorTurn()
  }

  /// The running process of a node, nil while it is down.
  public func node(_ id: NodeID) -> Node? { machine(id).node }

  public var nodeIDs: [NodeID] { machines.map(\.id) }

  // MARK: Faults

  /// Power goes: the process ends where it stands, and of what it had not synced any part is lost.
  public func crash(_ id: NodeID) {
    breakOffWork(id)
    stop(id)
    machine(id).disk.crash(&random)
  }

  /// The process is killed; the machine, and with it what was written but not synced, lives on.
  public func kill(_ id: NodeID) {
    breakOffWork(id)
    stop(id)
    machine(id).disk.kill()
  }

  /// The first job of each lane is under way: it gets some operations further, or to its end without being reported.
  private func breakOffWork(_ id: NodeID) {
    let machine = machine(id)
    for lane in [Job.Lane.journal, .preparation, .storage] {
      guard let job = machine.jobs.values.filter({ $0.lane == lane }).min(by: { $0.id < $1.id }) else { continue }
      if random.chance(2, in: 3) { machine.disk.stop(afterChanges: Int(random.below(4))) }
      brokenOff += 1
      do { try job.work() } catch { tornWork += 1 }
      if machine.disk.isStopped { return }
    }
  }

  /// Jobs that a crash found under way, and those of them that it stopped between two operations.
  public private(set) var brokenOff = 0
  public private(set) var tornWork = 0

  private func stop(_ id: NodeID) {
    let machine = machine(id)
    machine.isPaused = false
    waiting.removeAll { $0.id == id }
    machine.node = nil
    machine.life += 1
    machine.jobs = [:]
    machine.laneFreeAt = [:]
    linkDown(id)
  }

  public func start(_ id: NodeID) {
    let machine = machine(id)
    precondition(machine.node == nil, "A node that runs is not started.")
    machine.life += 1
    do {
      machine.node = try Node(
        configuration: configuration(id), disk: machine.disk, random: SeededRandom(seed: random.next()), now: now,
        clock: { [unowned self] in self.now })
    } catch {
      fatalError("Node \(id.rawValue) does not start: \(error)")
    }
    queue.add(.tick(id, life: machine.life), at: now)
    linksUp.insert(id)
    coordinator.linkUp(id, now: now)
    endCoordinatorTurn()
  }

  /// Cuts the links between the nodes of different groups, both ways. Coordinators reach everyone.
  public func partition(_ groups: [[NodeID]]) {
    for group in groups {
      for other in groups where other != group {
        for from in group { for to in other { blocked.insert(Edge(from: from, to: to)) } }
      }
    }
  }

  public func heal() { blocked = [] }

  /// The process stands still, as with SIGSTOP or on a machine that swaps: its connections stay open, and what is sent to
  /// it waits.
  public func pause(_ id: NodeID) { machine(id).isPaused = true }

  /// From now on each piece of blocking work on this machine takes that much longer.
  public func slowDown(_ id: NodeID, by delay: Span) { machine(id).jobDelay = delay }

  /// From now on no file on this machine gets larger by more than that many bytes in all; nil: the disk has space again.
  public func limitDisk(_ id: NodeID, bytesLeft: UInt64?) {
    let disk = machine(id).disk
    disk.bytesLimit = bytesLeft.map { disk.bytesUsed + $0 }
  }

  /// The process is asked to stop: it hands over what it leads. It goes on running until it is killed.
  public func leave(_ id: NodeID) {
    machine(id).node?.leave(now: now)
    endTurn(id)
  }

  /// The process goes on: everything that waited comes at once, in the order in which it arrived.
  public func resume(_ id: NodeID) {
    let machine = machine(id)
    machine.isPaused = false
    for event in waiting where event.id == id { queue.add(event.event, at: now) }
    waiting.removeAll { $0.id == id }
  }

  /// Wall time follows the virtual one.
  private var wallTimeMs: WallTimeMs { 1_700_000_000_000 + now.nanoseconds / 1_000_000 }

  // MARK: Events

  private func handle(_ event: Event) {
    if let id = event.node, machine(id).isPaused {
      waiting.append((id, event))
      return
    }
    switch event {
    case .tick(let id, let life):
      guard let node = living(id, life) else { return }
      node.tick(now: now)
      queue.add(.tick(id, life: life), at: now + options.tickInterval)
      endTurn(id)
    case .turn(let id, let life):
      if living(id, life) != nil { endTurn(id) }
    case .consensus(let from, let to, let frame):
      onNode(to) { $0.receivedConsensus(frame, from: from, now: now) }
    case .bulk(let from, let to, let frame):
      bulkDelivered += 1
      onNode(to) { $0.receivedBulk(frame, from: from, now: now) }
    case .nodeRequests(let from, let life, let to, let requests):
      onNode(to) { $0.received(requests, connection: Self.connection(of: from, life: life), now: now) }
    case .nodeResponses(let from, let to, let life, let responses):
      guard machine(to).life == life else { return }
      onNode(to) { $0.received(responses, from: from, now: now) }
    case .requests(let to, let frame):
      guard case .requests(let requests) = try? OperationFrame(frame) else {
        fatalError("A request frame is malformed.")
      }
      onNode(to) { $0.received(requests, connection: Self.coordinatorConnection, now: now) }
    case .responses(let from, let life, let frame):
      guard machine(from).life == life else { return }
      coordinator.received(frame, from: from, now: now)
      endCoordinatorTurn()
    case .coordinatorTick:
      coordinator.tick(now: now, wallTimeMs: wallTimeMs)
      queue.add(.coordinatorTick, at: now + options.tickInterval)
      endCoordinatorTurn()
    case .job(let id, let life, let job): finish(job, id, life)
    case .action(let action): action()
    }
  }

  private func onNode(_ id: NodeID, _ body: (Node) -> Void) {
    guard let node = machine(id).node else { return }
    delivered += 1
    body(node)
    endTurn(id)
  }

  private func finish(_ job: UInt64, _ id: NodeID, _ life: UInt64) {
    guard let node = living(id, life), let work = machine(id).jobs.removeValue(forKey: job) else { return }
    var failure: (any Error)?
    do { try work.work() } catch { failure = error }
    node.jobFinished(job, error: failure, now: now)
    endTurn(id)
  }

  private func endTurn(_ id: NodeID) {
    let machine = machine(id)
    guard let node = machine.node else { return }
    let effects = node.takeEffects(now: now)
    if effects.hasMore { queue.add(.turn(id, life: machine.life), at: now + .microseconds(100)) }
    if let failure = effects.failure { fatalError("Node \(id.rawValue) stopped: \(failure)") }
    for (to, bytes) in effects.consensus { send(.consensus(from: id, to: to, bytes), from: id, to: to) }
    for (to, bytes) in effects.bulk { send(.bulk(from: id, to: to, bytes), from: id, to: to) }
    for (to, requests) in effects.requests {
      send(.nodeRequests(from: id, life: machine.life, to: to, requests), from: id, to: to)
    }
    for (connection, responses) in effects.responses {
      if connection == Self.coordinatorConnection {
        for frame in OperationFrame.encode(responses) {
          queue.add(.responses(from: id, life: machine.life, frame), at: now + networkDelay())
        }
      } else {
        let to = NodeID(UInt32(truncatingIfNeeded: connection))
        send(.nodeResponses(from: id, to: to, life: connection >> 32, responses), from: id, to: to)
      }
    }
    for job in effects.jobs {
      machine.jobs[job.id] = job
      let start = max(now, machine.laneFreeAt[job.lane] ?? now)
      let end = start + Span(nanoseconds: random.below(options.jobDelayMax.nanoseconds) + 1) + machine.jobDelay
      machine.laneFreeAt[job.lane] = end
      queue.add(.job(id, life: machine.life, id: job.id), at: end)
    }
  }

  private func endCoordinatorTurn() {
    let effects = coordinator.takeEffects()
    for (node, bytes) in effects.frames where linksUp.contains(node) {
      queue.add(.requests(to: node, bytes), at: now + networkDelay())
    }
    for (token, outcome) in effects.outcomes { completions.removeValue(forKey: token)?(outcome) }
  }

  /// Between nodes messages are lost, doubled and reordered.
  private func send(_ event: Event, from: NodeID, to: NodeID) {
    guard !blocked.contains(Edge(from: from, to: to)) else { return }
    if random.chance(options.lossPerMille, in: 1_000) { return }
    queue.add(event, at: now + networkDelay())
    if random.chance(options.duplicatesPerMille, in: 1_000) { queue.add(event, at: now + networkDelay()) }
  }

  private func networkDelay() -> Span {
    Span(nanoseconds: random.below(options.networkDelayMax.nanoseconds) + 1)
  }

  private func linkDown(_ id: NodeID) {
    guard linksUp.remove(id) != nil else { return }
    coordinator.linkDown(id, now: now)
    endCoordinatorTurn()
  }

  private func machine(_ id: NodeID) -> SimulatedMachine { machines[Int(id.rawValue) - 1] }

  private func living(_ id: NodeID, _ life: UInt64) -> Node? {
    let machine = machine(id)
    return machine.life == life ? machine.node : nil
  }

  private func configuration(_ id: NodeID) -> NodeConfiguration {
    var configuration = NodeConfiguration(
      cluster: "00000000000000000000000000000000", node: id, nodes: nodeIDs, shards: options.shards, replication: 3,
      dataDirectory: "/data", overlayBytesMax: options.overlayBytesMax)
    configuration.idleFlushDelay = .milliseconds(500)
    configuration.storageFlushBytesMin = options.overlayBytesMax / 16
    configuration.journal = JournalConfiguration(segmentBytes: options.journalSegmentBytes)
    configuration.journalBytesMax = options.journalBytesMax
    configuration.snapshotChunkBytes = options.snapshotChunkBytes
    return configuration
  }
}
