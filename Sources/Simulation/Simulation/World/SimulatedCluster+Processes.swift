public import Catalog
import Coordinator
public import Environment
import Journal
public import Messages
import Node
import Raft
public import SimulatedDisk

/// Processes and machines: how they start, end, stand still and slow down.
extension SimulatedCluster {
  /// Power goes: the process ends where it stands, and of what it had not synced any part is lost.
  public func crash(_ id: NodeID) {
    let machine = machine(id)
    breakOffWork(machine)
    machine.isPowered = false
    machine.crashesAsItSends = false
    stop(machine)
    machine.disk.crash(&random)
    machine.clock.reboot(
      now: now, showing: options.clocksDiffer ? Instant(nanoseconds: 1 + random.below(1 << 40)) : now)
  }

  /// The process is killed; the machine, and with it what was written but not synced, lives on.
  public func kill(_ id: NodeID) {
    let machine = machine(id)
    breakOffWork(machine)
    stop(machine)
    machine.disk.kill()
  }

  /// The process is gone and with it everything that the machine had stored.
  public func wipe(_ id: NodeID) {
    kill(id)
    let machine = machine(id)
    let old = machine.disk
    machine.disk = SimulatedDisk()
    machine.disk.bytesLimit = old.bytesLimit
  }

  public func start(_ id: NodeID) {
    let machine = machine(id)
    precondition(machine.node == nil, "A node that runs is not started.")
    machine.life += 1
    machine.isPowered = true
    do {
      machine.node = try Node(
        configuration: configuration(of: id), disk: machine.disk,
        random: SeededRandom(seed: random.next()), now: machine.clock.local(now),
        clock: { [unowned self, unowned machine] in readClock(machine) })
    } catch {
      return hasStopped(machine) ? () : failed(id, .start, error)
    }
    queue.add(.tick(id, life: machine.life), at: now)
    for router in routers { connect(machine, to: router) }
    dial(from: machine)
  }

  /// The process stands still, as with SIGSTOP or on a machine that swaps: its connections stay open, and what is sent to
  /// it waits.
  public func pause(_ id: NodeID) { pause(.node(id)) }

  public func resume(_ id: NodeID) { resume(.node(id)) }

  public func pause(_ process: Process) {
    switch process {
    case .node(let id): machine(id).isPaused = true
    case .coordinator(let number): routers[number].isPaused = true
    }
  }

  /// The process goes on: everything that waited comes at once, in the order in which it arrived.
  public func resume(_ process: Process) {
    switch process {
    case .node(let id): machine(id).isPaused = false
    case .coordinator(let number): routers[number].isPaused = false
    }
    if !standsStill(process) { release(process) }
  }

  func release(_ process: Process) {
    for event in waiting where event.process == process { queue.add(event.event, at: now) }
    waiting.removeAll { $0.process == process }
  }

  func standsStill(_ process: Process) -> Bool {
    switch process {
    case .node(let id):
      let machine = machine(id)
      return machine.isPaused || machine.isStalled
    case .coordinator(let number): return routers[number].isPaused
    }
  }

  public func isPaused(_ process: Process) -> Bool {
    switch process {
    case .node(let id): machine(id).isPaused
    case .coordinator(let number): routers[number].isPaused
    }
  }

  /// From now on each piece of blocking work on this machine takes that much longer.
  public func slowDown(_ id: NodeID, by delay: Span) { machine(id).jobDelay = delay }

  /// From now on no file on this machine gets larger by more than that many bytes in all; nil: the disk has space again.
  public func limitDisk(_ id: NodeID, bytesLeft: UInt64?) {
    let disk = machine(id).disk
    disk.bytesLimit = bytesLeft.map { disk.bytesUsed + $0 }
  }

  /// The process is asked to stop: it hands over what it leads. It goes on running until it is killed.
  public func leave(_ id: NodeID) {
    let machine = machine(id)
    machine.node?.leave(now: machine.clock.local(now))
    endTurn(id)
  }

  /// The disk of a machine, for faults.
  public func disk(_ id: NodeID) -> SimulatedDisk { machine(id).disk }

  /// The newest members that any node that runs was told of; nil until a node was asked to leave.
  public var members: ClusterMembers? {
    machines.compactMap { $0.node?.members }.max { $0.version < $1.version }
  }

  // MARK: Coordinators

  func start(coordinator number: Int) {
    let router = routers[number]
    precondition(router.coordinator == nil, "A coordinator that runs is not started.")
    router.life += 1
    router.coordinator = Coordinator(
      // Reads that may lag are to meet replicas that do.
      configuration: CoordinatorConfiguration(nodes: nodeIDs, recentChangeSpan: .zero),
      random: SeededRandom(seed: random.next()))
    queue.add(.routerTick(number, life: router.life), at: now)
    for machine in machines { connect(machine, to: router) }
  }

  /// The process is killed; who waits for an answer hears that the connection is gone.
  func kill(coordinator number: Int) {
    let router = routers[number]
    router.isPaused = false
    waiting.removeAll { $0.process == .coordinator(number) }
    router.coordinator = nil
    router.life += 1
    router.linksUp = [:]
    let completions = router.completions.sorted { $0.key < $1.key }
    router.completions = [:]
    for (_, completion) in completions { completion(.failed(.outcomeUnknown)) }
  }

  // MARK: Inside

  private func configuration(of id: NodeID) -> NodeConfiguration {
    var configuration = options.configuration(of: id, among: nodeIDs)
    configuration.regions = place?.others ?? []
    configuration.residencies = place?.residencies ?? []
    configuration.residencyHash = GuardedItem.hash
    configuration.traceInterval = options.traceInterval
    return configuration
  }

  /// What a process sees that looks at the clock in the middle of its turn: it may have stood still since the turn began.
  private func readClock(_ machine: SimulatedMachine) -> Instant {
    if hasStalls, machine.stall == nil, options.stallsPerMillion > 0,
      random.chance(options.stallsPerMillion, in: 1_000_000)
    {
      machine.stall = Span(nanoseconds: 1 + random.below(options.stallMax.nanoseconds))
    }
    return machine.clock.local(now + (machine.stall ?? .zero))
  }

  /// The first job of each lane is under way: it gets some operations further, or to its end without being reported.
  private func breakOffWork(_ machine: SimulatedMachine) {
    for lane in [Job.Lane.journal, .preparation, .storage] {
      guard let job = machine.jobs.values.filter({ $0.lane == lane }).min(by: { $0.id < $1.id }) else { continue }
      if random.chance(2, in: 3) { machine.disk.stop(afterChanges: random.index([2, 4, 16, 64][random.index(4)])) }
      brokenOff += 1
      do { try job.work() } catch { tornWork += 1 }
      if machine.disk.isStopped { return }
    }
  }

  private func stop(_ machine: SimulatedMachine) {
    machine.isPaused = false
    machine.isStalled = false
    machine.stall = nil
    waiting.removeAll { $0.process == .node(machine.id) }
    let life = machine.life
    let wasRunning = machine.node != nil
    machine.node = nil
    machine.life += 1
    machine.jobs = [:]
    machine.laneFreeAt = [:]
    guard wasRunning else { return }
    loseVisits(of: machine.id)
    disconnect(machine, life: life)
    showDeath(of: machine, life: machine.life)
  }

  /// The process ended by itself, or did not start.
  func failed(_ id: NodeID, _ kind: FailureKind, _ failure: NodeFailure) {
    guard let onFailure else {
      fatalError("Node \(id.rawValue) \(kind == .start ? "does not start" : "stopped"): \(failure)")
    }
    let machine = machine(id)
    stop(machine)
    machine.disk.kill()
    onFailure(id, kind, failure)
  }
}

extension SimulationOptions {
  var weather: Weather {
    Weather(lossPerMille: lossPerMille, duplicatesPerMille: duplicatesPerMille, delayMax: networkDelayMax)
  }

  func configuration(of id: NodeID, among nodes: [NodeID]) -> NodeConfiguration {
    var configuration = NodeConfiguration(
      cluster: "00000000000000000000000000000000", node: id, nodes: nodes, shards: shards, replication: replication,
      dataDirectory: Self.dataDirectory, overlayBytesMax: overlayBytesMax)
    configuration.idleFlushDelay = idleFlushDelay
    configuration.storageFlushBytesMin = storageFlushBytesMin
    configuration.appendedBytesMax = appendedBytesMax
    configuration.appendedFileBytes = appendedFileBytes
    configuration.journal = JournalConfiguration(segmentBytes: journalSegmentBytes)
    configuration.journalBytesMax = journalBytesMax
    configuration.storeCacheBytes = storeCacheBytes
    configuration.storePageBytes = storePageBytes
    if let streamBytesMax { configuration.streams.bytesMax = streamBytesMax }
    if let regionFeedBytesMax { configuration.regionFeedBytesMax = regionFeedBytesMax }
    configuration.snapshotChunkBytes = snapshotChunkBytes
    if let electionTimeMin {
      configuration.raft.electionTimeoutMin = electionTimeMin
      configuration.raft.electionTimeoutMax = Span(nanoseconds: electionTimeMin.nanoseconds / 10 * 11)
      configuration.raft.heartbeatInterval = Span(nanoseconds: electionTimeMin.nanoseconds / 8)
    }
    if let appendBytesMax { configuration.raft.appendBytesMax = appendBytesMax }
    if let inflightAppendsMax { configuration.raft.inflightAppendsMax = inflightAppendsMax }
    if let applyBytesMax { configuration.raft.applyBytesMax = applyBytesMax }
    if let entryCacheBytesMax { configuration.raft.entryCacheBytesMax = entryCacheBytesMax }
    return configuration
  }

  static let dataDirectory = "/data"
}

extension SimulatedCluster {
  /// A machine's clock goes on at another rate, in parts of a million.
  func drift(_ process: Process, ppm: Int) {
    switch process {
    case .node(let id): machine(id).clock.drift(ppm, now: now)
    case .coordinator(let number): routers[number].clock.drift(ppm, now: now)
    }
  }

  func jump(coordinator number: Int, milliseconds: Int) {
    routers[number].clock.wallOffsetMs += milliseconds
    // Other regions take in what is far ahead only when their time has come as far: longer than a run is.
    if place != nil {
      routers[number].clock.wallOffsetMs = min(max(routers[number].clock.wallOffsetMs, -Self.farMs), Self.farMs)
    }
  }

  private static let farMs = 100_000

  /// What the wall clocks of nodes show, from the one that is furthest behind to the one furthest ahead.
  var wallTimesMs: (oldest: WallTimeMs, newest: WallTimeMs) {
    let times = machines.map { $0.clock.wallTimeMs(now) }
    guard let oldest = times.min(), let newest = times.max() else { fatalError("A region has nodes.") }
    return (oldest, newest)
  }

  /// The same of all clocks, those of coordinators too.
  var wallTimesOfAllMs: (oldest: WallTimeMs, newest: WallTimeMs) {
    let nodes = wallTimesMs
    let times = routers.map { $0.clock.wallTimeMs(now) }
    return (times.reduce(nodes.oldest, min), times.reduce(nodes.newest, max))
  }

  /// How far the coordinators' wall clocks are apart from each other or from the world's.
  var wallClockSpreadMs: Int {
    let offsets = routers.map(\.clock.wallOffsetMs) + [0]
    return (offsets.max() ?? 0) - (offsets.min() ?? 0)
  }
}
