import Catalog
import Environment
import Messages
import Node
import SimulatedDisk

/// Brings the faults of a schedule about, ends them, and starts again what has died: the hand of fate and the operator.
final class FaultDriver {
  let cluster: SimulatedCluster
  let atlas: FaultAtlas
  /// Processes that ended or did not start without a fault that explains it.
  private(set) var violations: [Violation] = []
  /// Begun so far, without those that found nothing to harm.
  private(set) var begun = 0
  private var random: SeededRandom
  /// Raised when all faults are ended; what was planned before is void.
  private var epoch = 0
  /// The ways that are cut now, by the position of their fault.
  private var cuts: [Int: Cut] = [:]
  private var weathers: [(position: Int, weather: Weather)] = []
  /// Starts of each node that failed since the last one that did not.
  private var failedStarts: [NodeID: Int] = [:]
  /// Whether wall clocks may differ by as much as operations are remembered for.
  private(set) var haveWallClocksJumpedFar = false
  /// Times in which one node was alone.
  private(set) var isolations: [Isolation] = []
  /// Nodes that lost their disk at some time.
  private var wiped: Set<NodeID> = []
  /// Nodes that are asked to leave, and those that have left: their operator stops them for good.
  private var leaving: [NodeID] = []
  private(set) var gone: [NodeID] = []
  /// The node that is not to be started again, for now.
  private var keptDown: NodeID?

  private static let farApartMs = Int(OperationStamp.windowMs) * 3 / 4

  private enum Cut {
    case groups([Process], [Process], isCut: Bool)
    case way(Process, Process)
  }

  private var unrests: [Int: Unrest] = [:]
  private var quarrels: [Int: Quarrel] = [:]
  private var stalls: [Int: (from: Process, to: Process)] = [:]
  private var detours: [Int: Detour] = [:]
  /// Other regions, where there are any, with the drivers of their faults in order.
  private var world: (SimulatedWorld, others: [FaultDriver])?

  /// The isolation that each cut makes, by the position of its fault.
  private var isolationOf: [Int: Isolation] = [:]

  init(_ cluster: SimulatedCluster, seed: UInt64) {
    self.cluster = cluster
    atlas = FaultAtlas(cluster)
    random = SeededRandom(seed: seed)
    cluster.onNotice = { [unowned self] id, notice in noticed(id, notice) }
    cluster.onFailure = { [unowned self] id, kind, failure in failed(id, kind, failure) }
    look()
  }

  /// The region is the first of a world; the faults of all of them are begun and ended here.
  func rule(_ world: SimulatedWorld, others: [FaultDriver]) { self.world = (world, others) }

  /// From now on the faults happen at their times.
  func begin(_ schedule: FaultSchedule) {
    for (position, fault) in schedule.faults.enumerated() {
      after(fault.at) { [unowned self] in begin(fault, position) }
    }
  }

  private func after(_ span: Span, _ action: @escaping () -> Void) {
    let epoch = epoch
    cluster.schedule(after: span) { [unowned self] in if epoch == self.epoch { action() } }
  }

  private func note(_ what: @autoclosure () -> String) { cluster.trace.note(cluster.now, "fault", what()) }

  private func look() {
    cluster.schedule(after: .milliseconds(100)) { [unowned self] in
      let damaged = atlas.damaged
      atlas.look()
      dismiss()
      if let damaged, atlas.damaged == nil { note("\(Process.node(damaged)) is whole again") }
      look()
    }
  }

  // MARK: Beginning and end

  private func begin(_ timed: TimedFault, _ position: Int) {
    guard start(timed, position) else { return note("nothing to harm: \(timed.fault)") }
    begun += 1
    note("\(timed.fault), for \(Fault.milliseconds(timed.lasts))")
    after(timed.lasts) { [unowned self] in
      note("over: \(timed.fault)")
      end(timed.fault, position)
    }
  }

  /// False where the fault finds nothing to harm.
  private func start(_ timed: TimedFault, _ position: Int) -> Bool {
    switch timed.fault {
    case .crash(let id): return ifUp(id) { cluster.crash(id) }
    case .crashAsItSends(let id): return ifUp(id) { cluster.crashesAsItSends(id, true) }
    case .dies(let id, let count, let name, let losesPower):
      cluster.dies(id, afterChanges: count, fromRenamingTo: name, losesPower: losesPower)
    case .crashAsItVotes(let percent):
      cluster.watchers[position] = { [unowned self] message in
        guard message.isVote else { return }
        cluster.watchers[position] = nil
        voted(for: message.to, cutPercent: percent)
      }
    case .fallsBehind(let id, let count, let losesPower):
      return ifUp(id) { fallsBehind(id, for: timed.lasts, afterChanges: count, losesPower: losesPower) }
    case .powerCut: for id in cluster.nodeIDs { cluster.crash(id) }
    case .kill(.node(let id)): return ifUp(id) { cluster.kill(id) }
    case .kill(.coordinator(let number)):
      guard cluster.coordinator(number) != nil else { return false }
      cluster.kill(coordinator: number)
    case .leave(let id): return ifUp(id) { leave(id) }
    case .pause(let process):
      guard isUp(process), !cluster.isPaused(process) else { return false }
      cluster.pause(process)
    case .cut(let left, let right):
      cut(.groups(left, right, isCut: true), position)
      isolationOf[position] = isolation(left, right) ?? isolation(right, left)
    case .cutOneWay(let from, let to): cut(.way(from, to), position)
    case .stall(let from, let to):
      stalls[position] = (from, to)
      cluster.hold(from: from, to: to)
    case .detour(let from, let shard):
      guard detours.isEmpty else { return false }
      detours[position] = Detour(cluster, from: from, over: shard, seed: random.next())
    case .flap(let left, let right, let period):
      cut(.groups(left, right, isCut: true), position)
      after(period) { [unowned self] in flap(position, period) }
    case .unrest(let cutLasts):
      let unrest = Unrest(cluster, cutLasts: cutLasts, seed: random.next()) { [unowned self] in crashBriefly($0) }
      unrests[position] = unrest
      if unrest.isSwift { cluster.watchers[position] = { unrest.look(at: $0) } }
    case .quarrel(let shard):
      let quarrel = Quarrel(cluster, over: shard, seed: random.next())
      quarrels[position] = quarrel
      cluster.watchers[position] = { quarrel.look(at: $0) }
    case .weather(let weather):
      weathers.append((position, weather))
      cluster.weather = currentWeather
    case .slowDisk(let id, let delay): cluster.slowDown(id, by: delay)
    case .fullDisk(let id, let left): cluster.limitDisk(id, bytesLeft: left)
    case .drift(let process, let ppm): cluster.drift(process, ppm: ppm)
    case .wallJump(let number, let milliseconds):
      cluster.jump(coordinator: number, milliseconds: milliseconds)
      haveWallClocksJumpedFar = haveWallClocksJumpedFar || cluster.wallClockSpreadMs >= Self.farApartMs
    case .damage(let id, let damage, let seed): return spoil(id, damage, seed)
    case .drain(let id):
      leaving.append(id)
      drain(id)
    case .elsewhere(let region, let fault):
      world?.others[region - 1].begin(TimedFault(at: .zero, lasts: timed.lasts, fault), position)
    case .deafRegion, .lonelyRegion, .weatherBetweenRegions: startBetweenRegions(timed.fault)
    }
    return true
  }

  private func end(_ fault: Fault, _ position: Int) {
    switch fault {
    case .crash(let id), .kill(.node(let id)), .leave(let id): restart(id)
    case .powerCut: for id in cluster.nodeIDs { restart(id) }
    case .kill(.coordinator(let number)): restart(coordinator: number)
    case .pause(let process): cluster.resume(process)
    case .crashAsItSends(let id):
      cluster.crashesAsItSends(id, false)
      restart(id)
    case .dies(let id, _, _, _), .fallsBehind(let id, _, _):
      cluster.livesOn(id)
      restart(id)
    case .stall: release(position)
    case .detour: detours.removeValue(forKey: position)?.end()
    case .crashAsItVotes: cluster.watchers[position] = nil
    case .cut, .cutOneWay, .flap: lift(position)
    case .unrest:
      cluster.watchers[position] = nil
      unrests.removeValue(forKey: position)?.end()
    case .quarrel:
      cluster.watchers[position] = nil
      quarrels.removeValue(forKey: position)?.end()
    case .weather:
      weathers.removeAll { $0.position == position }
      cluster.weather = currentWeather
    case .slowDisk(let id, _): cluster.slowDown(id, by: .zero)
    case .fullDisk(let id, _): cluster.limitDisk(id, bytesLeft: nil)
    case .drift, .wallJump: break
    case .damage(let id, let damage, _): endDamage(id, damage)
    // They end by themselves.
    case .drain, .elsewhere: break
    case .deafRegion, .lonelyRegion, .weatherBetweenRegions: endBetweenRegions(fault)
    }
  }

  private func startBetweenRegions(_ fault: Fault) {
    guard let (world, _) = world else { return }
    if case .weatherBetweenRegions(let weather) = fault { return world.worsen(weather) }
    for way in ways(of: fault, world) { world.cut(from: way.from, to: way.to) }
  }

  private func endBetweenRegions(_ fault: Fault) {
    guard let (world, _) = world else { return }
    if case .weatherBetweenRegions = fault { return world.calm() }
    for way in ways(of: fault, world) { world.lift(from: way.from, to: way.to) }
  }

  /// The ways between regions that a fault cuts.
  private func ways(of fault: Fault, _ world: SimulatedWorld) -> [(from: Int, to: Int)] {
    switch fault {
    case .deafRegion(let deaf, let other): [(other, deaf)]
    case .lonelyRegion(let alone):
      world.regions.indices.filter { $0 != alone }.flatMap { [(alone, $0), ($0, alone)] }
    default: []
    }
  }

  /// Ends every fault, and starts what is down and not `broken`.
  func endAll(except broken: NodeID? = nil) {
    if let (world, others) = world {
      world.heal()
      for other in others { other.endAll() }
    }
    epoch += 1
    keptDown = broken
    for position in cuts.keys.sorted() { lift(position) }
    for position in stalls.keys.sorted() { release(position) }
    for position in detours.keys.sorted() { detours.removeValue(forKey: position)?.end() }
    cluster.watchers = [:]
    for position in unrests.keys.sorted() { unrests.removeValue(forKey: position)?.end() }
    for position in quarrels.keys.sorted() { quarrels.removeValue(forKey: position)?.end() }
    cluster.heal()
    weathers = []
    cluster.weather = currentWeather
    for id in cluster.nodeIDs {
      cluster.slowDown(id, by: .zero)
      cluster.crashesAsItSends(id, false)
      cluster.livesOn(id)
      cluster.disk(id).bytesLimit = nil
      if cluster.disk(id).hazard != nil { endDamage(id, .errors) }
      cluster.resume(.node(id))
      if id != broken { restart(id) }
    }
    for number in 0..<cluster.options.coordinators {
      cluster.resume(.coordinator(number))
      restart(coordinator: number)
    }
    // Whatever an epoch had planned for a damaged disk is made up for.
    if let id = atlas.damaged { endDamage(id, .flippedBit) }
  }

  // MARK: Processes

  private func isUp(_ process: Process) -> Bool {
    switch process {
    case .node(let id): cluster.node(id) != nil
    case .coordinator(let number): cluster.coordinator(number) != nil
    }
  }

  private func ifUp(_ id: NodeID, _ body: () -> Void) -> Bool {
    guard cluster.node(id) != nil else { return false }
    body()
    return true
  }

  private func restart(_ id: NodeID) { if mayStart(id) { cluster.start(id) } }

  private func mayStart(_ id: NodeID) -> Bool { cluster.node(id) == nil && keptDown != id && !gone.contains(id) }

  private func restart(coordinator number: Int) {
    if cluster.coordinator(number) == nil { cluster.start(coordinator: number) }
  }

  private func crashBriefly(_ ids: [NodeID]) {
    for id in ids where cluster.node(id) != nil {
      cluster.crash(id)
      after(.milliseconds(1 + random.below(20))) { [unowned self] in restart(id) }
    }
  }

  /// Nobody but the candidate is left to remember the vote, and nobody hears of what it then does.
  private func voted(for candidate: NodeID, cutPercent: UInt64) {
    note("the vote is for \(Process.node(candidate))")
    crashBriefly(cluster.nodeIDs.filter { $0 != candidate })
    let groups = cluster.apart(candidate)
    cluster.cut(groups)
    let election = cluster.options.electionTimeMin ?? .milliseconds(300)
    let epoch = epoch
    cluster.schedule(after: Span(nanoseconds: election.nanoseconds / 100 * cutPercent)) { [unowned self] in
      // At the end of all faults every cut is lifted.
      if epoch == self.epoch { cluster.lift(groups) }
    }
  }

  private func fallsBehind(_ id: NodeID, for span: Span, afterChanges count: Int, losesPower: Bool) {
    cluster.kill(id)
    after(Span(nanoseconds: span.nanoseconds / 3 * 2)) { [unowned self] in
      cluster.dies(id, afterChanges: count, fromRenamingTo: "CURRENT", losesPower: losesPower)
      restart(id)
    }
  }

  /// As a supervisor does: it waits for the hand-over, and kills.
  private func leave(_ id: NodeID) {
    cluster.leave(id)
    after(.milliseconds(300)) { [unowned self] in if cluster.node(id) != nil { cluster.kill(id) } }
  }

  /// As an operator's command does: one node after the other is asked, until the node is known to leave.
  private func drain(_ id: NodeID) {
    guard cluster.nodeIDs.allSatisfy({ cluster.node($0)?.members?.plan == nil }) else { return }
    let asked = cluster.nodeIDs[random.index(cluster.nodeIDs.count)]
    let again = { [unowned self] in after(.milliseconds(300)) { [unowned self] in drain(id) } }
    cluster.visit(
      asked, .metadata, .changeMembers(MemberRequest.drain(id).encode()),
      answered: { if case .refused = $0 { again() } }, lost: again)
  }

  /// Stops who is no member any more.
  private func dismiss() {
    let members = cluster.members
    for id in leaving where members?.member(id) == nil && members != nil {
      note("\(Process.node(id)) has left")
      leaving.removeAll { $0 == id }
      gone.append(id)
      cluster.kill(id)
      atlas.forget(id)
    }
  }

  /// An operator finds a dead process: what its disk explains is put right, anything else is a violation.
  private func failed(_ id: NodeID, _ kind: SimulatedCluster.FailureKind, _ failure: NodeFailure) {
    let words = "\(Process.node(id)) \(kind == .start ? "does not start" : "ends"): \(failure)"
    note(words)
    guard isExplained(id, kind) else {
      violations.append(Violation(.process, words))
      return
    }
    failedStarts[id] = kind == .start ? (failedStarts[id] ?? 0) + 1 : 0
    cluster.schedule(after: .milliseconds(500)) { [unowned self] in
      guard mayStart(id) else { return }
      // What does not start from a spoilt disk gets an empty one, as the message tells the operator.
      if atlas.damaged == id, (failedStarts[id] ?? 0) >= 2, cluster.disk(id).hazard == nil { wipe(id) }
      cluster.start(id)
    }
  }

  /// A replica gives itself up where it lost something. What its disk explains is expected, anything else is a violation.
  private func noticed(_ id: NodeID, _ notice: NodeNotice) {
    if notice.shard == nil, cluster.node(id)?.damage.isEmpty == false, atlas.claim(id) {
      // One of the first members that died before it was one finds that the others went on without it.
      atlas.release(id)
    }
    guard atlas.damaged != id, let shard = notice.shard,
      let loss = cluster.node(id)?.damage.first(where: { $0.shard == shard })
    else { return }
    violations.append(
      Violation(
        .process, "\(Process.node(id)) gave up its replica of shard \(shard.rawValue) without damage: \(loss.reason)"))
  }

  private func isExplained(_ id: NodeID, _ kind: SimulatedCluster.FailureKind) -> Bool {
    if atlas.damaged == id { return true }
    switch kind {
    case .start: return cluster.disk(id).bytesLimit != nil
    case .end: return false
    // A wiped node cannot know an incarnation that only those have seen whom it does not reach; started again, it has a
    // higher one.
    case .refusal: return wiped.contains(id)
    }
  }

  private func wipe(_ id: NodeID) {
    wiped.insert(id)
    cluster.wipe(id)
  }

  // MARK: Links

  private func cut(_ cut: Cut, _ position: Int) {
    cuts[position] = cut
    switch cut {
    case .groups(let left, let right, true): cluster.cut([left, right])
    case .groups: break
    case .way(let from, let to): cluster.cutOneWay(from: from, to: to)
    }
  }

  private func isolation(_ alone: [Process], _ others: [Process]) -> Isolation? {
    guard alone.filter(\.isNode).count == 1, case .node(let id)? = alone.first(where: \.isNode),
      others.filter(\.isNode).count == cluster.options.nodes - 1
    else { return nil }
    let coordinators = alone.compactMap { process in
      if case .coordinator(let number) = process { number } else { nil }
    }
    return Isolation(node: id, coordinators: coordinators, from: cluster.now, until: .distantFuture)
  }

  private func lift(_ position: Int) {
    if var isolation = isolationOf.removeValue(forKey: position) {
      isolation.until = cluster.now
      isolations.append(isolation)
    }
    switch cuts.removeValue(forKey: position) {
    case .groups(let left, let right, true): cluster.lift([left, right])
    case .way(let from, let to): cluster.liftOneWay(from: from, to: to)
    case .groups, nil: break
    }
  }

  private func release(_ position: Int) {
    guard let (from, to) = stalls.removeValue(forKey: position) else { return }
    cluster.release(from: from, to: to)
  }

  private func flap(_ position: Int, _ period: Span) {
    guard case .groups(let left, let right, let isCut) = cuts[position] else { return }
    if isCut { cluster.lift([left, right]) } else { cluster.cut([left, right]) }
    cuts[position] = .groups(left, right, isCut: !isCut)
    after(period) { [unowned self] in flap(position, period) }
  }

  private var currentWeather: Weather { weathers.reduce(cluster.options.weather) { $0.worsened(by: $1.weather) } }

  // MARK: Damage

  private func spoil(_ id: NodeID, _ damage: Damage, _ seed: UInt64) -> Bool {
    let disk = cluster.disk(id)
    // One at a time, and never while the atlas protects another machine.
    guard disk.hazard == nil, areOthersMembers(than: id), atlas.claim(id) else { return false }
    switch damage {
    case .wipe: wipe(id)
    case .flippedBit: flipBit(disk, seed)
    case .corruptReads: disk.hazard = DiskHazard(.corruptReads, chance: readChance(seed), seed: seed)
    case .misdirectedReads: disk.hazard = DiskHazard(.misdirectedReads, chance: readChance(seed), seed: seed)
    case .lostWrites:
      disk.hazard = DiskHazard(.lostWrites, chance: 300, seed: seed) { LosableWrites.mayLose($0, isNew: $1) }
    case .errors: disk.hazard = DiskHazard(.errors, chance: 20, seed: seed)
    }
    return true
  }

  /// A node that was killed before it was a member has nothing of what the others commit.
  private func areOthersMembers(than id: NodeID) -> Bool {
    cluster.nodeIDs.allSatisfy { other in
      other == id || gone.contains(other) || cluster.disk(other).paths.contains { $0.hasSuffix("/identity") }
    }
  }

  /// How many of 10,000 reads go wrong: few are found one by one, many at once.
  private func readChance(_ seed: UInt64) -> UInt64 { [20, 200, 1_000][Int(seed % 3)] }

  private func flipBit(_ disk: SimulatedDisk, _ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let kinds = [".log", ".db", ".db-wal", ".db-rows-", "CURRENT", "identity"]
    let kind = kinds[Int(random.below(UInt64(kinds.count)))]
    let files = disk.paths.filter { path in
      (path.hasSuffix(kind) || kind.hasSuffix("-") && path.contains(kind)) && disk.content(path)?.isEmpty == false
    }
    guard !files.isEmpty else { return }
    let path = files[Int(random.below(UInt64(files.count)))]
    guard let content = disk.content(path) else { return }
    // Most of a log is zeros that nobody reads.
    var offset = 0
    for _ in 0..<20 {
      offset = Int(random.below(UInt64(content.count)))
      if content[offset] != 0 { break }
    }
    note("the bit is in \(path), byte \(offset) of \(content.count)")
    disk.flipBit(Int(random.below(8)), of: path, at: offset)
  }

  /// What the product has not found by now it gets no time to find: the disk is replaced, so that the next damage elsewhere
  /// meets whole copies.
  private func endDamage(_ id: NodeID, _ damage: Damage) {
    let disk = cluster.disk(id)
    disk.hazard = nil
    if disk.isScarred {
      note("the damage was not found: \(Process.node(id)) gets an empty disk")
      wipe(id)
    } else if disk.isDoubtful {
      note("power cut at \(Process.node(id)), to show what failed syncs have lost")
      cluster.crash(id)
    }
    restart(id)
    atlas.release(id)
  }
}
