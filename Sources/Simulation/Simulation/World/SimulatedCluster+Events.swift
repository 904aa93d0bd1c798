import Coordinator
import Environment
import Messages
import Node

/// What can happen in a simulated region, and what follows from it.
enum Event {
  case tick(NodeID, life: UInt64)
  case turn(NodeID, life: UInt64)
  /// A process that stood still in the middle of a turn ends it.
  indirect case stallEnd(NodeID, life: UInt64, NodeEffects)
  case job(NodeID, life: UInt64, id: UInt64)
  case consensus(from: NodeID, to: NodeID, [UInt8])
  case bulk(from: NodeID, to: NodeID, [UInt8])
  case nodeRequests(from: NodeID, life: UInt64, to: NodeID, [Request])
  case nodeResponses(from: NodeID, to: NodeID, life: UInt64, [Response])
  /// Between nodes of different regions.
  case regionalRequests(to: NodeID, [Request], connection: UInt64)
  indirect case regionalResponses(from: NodeID, of: String, to: NodeID, life: UInt64, [Response])
  /// Two processes of nodes open their connections.
  case meeting(NodeID, life: UInt64, NodeID, otherLife: UInt64)
  /// `observer` finds that the address of a killed process refuses.
  case refusal(by: NodeID, life: UInt64, observer: NodeID)
  case requests(router: Int, life: UInt64, to: NodeID, [UInt8])
  case responses(from: NodeID, life: UInt64, router: Int, routerLife: UInt64, [UInt8])
  case linkUp(NodeID, life: UInt64, router: Int, routerLife: UInt64)
  case linkDown(NodeID, life: UInt64, router: Int, routerLife: UInt64)
  case routerTick(Int, life: UInt64)
  indirect case call(router: Int, life: UInt64, token: UInt64, Call)
  case action(() -> Void)

  /// The process that it happens to.
  var process: Process? {
    switch self {
    case .tick(let id, _), .turn(let id, _), .job(let id, _, _), .consensus(_, let id, _), .bulk(_, let id, _),
      .nodeRequests(_, _, let id, _), .nodeResponses(_, let id, _, _), .refusal(_, _, let id),
      .requests(_, _, let id, _), .regionalRequests(let id, _, _), .regionalResponses(_, _, let id, _, _):
      .node(id)
    case .responses(_, _, let router, _, _), .linkUp(_, _, let router, _), .linkDown(_, _, let router, _),
      .routerTick(let router, _), .call(let router, _, _, _):
      .coordinator(router)
    case .stallEnd, .meeting, .action: nil
    }
  }

  /// What a trace's hash tells events apart by.
  var fingerprint: (UInt64, UInt64) {
    switch self {
    case .tick(let id, let life): (1 << 32 | UInt64(id.rawValue), life)
    case .turn(let id, let life): (2 << 32 | UInt64(id.rawValue), life)
    case .job(let id, _, let job): (3 << 32 | UInt64(id.rawValue), job)
    case .consensus(let from, let to, let bytes): (4 << 32 | Self.pair(from, to), UInt64(bytes.count))
    case .bulk(let from, let to, let bytes): (5 << 32 | Self.pair(from, to), UInt64(bytes.count))
    case .nodeRequests(let from, _, let to, let requests): (6 << 32 | Self.pair(from, to), UInt64(requests.count))
    case .nodeResponses(let from, let to, _, let responses): (7 << 32 | Self.pair(from, to), UInt64(responses.count))
    case .meeting(let one, _, let other, _): (8 << 32 | Self.pair(one, other), 0)
    case .refusal(let by, let life, let observer): (9 << 32 | Self.pair(by, observer), life)
    case .requests(let router, _, let to, let bytes):
      (10 << 32 | UInt64(to.rawValue), UInt64(router << 32 | bytes.count))
    case .responses(let from, _, let router, _, let bytes):
      (11 << 32 | UInt64(from.rawValue), UInt64(router << 32 | bytes.count))
    case .linkUp(let id, let life, let router, _): (12 << 32 | UInt64(id.rawValue), life << 8 | UInt64(router))
    case .linkDown(let id, let life, let router, _): (13 << 32 | UInt64(id.rawValue), life << 8 | UInt64(router))
    case .routerTick(let router, let life): (14 << 32 | UInt64(router), life)
    case .call(let router, _, let token, _): (15 << 32 | UInt64(router), token)
    case .action: (16 << 32, 0)
    case .stallEnd(let id, let life, _): (17 << 32 | UInt64(id.rawValue), life)
    case .regionalRequests(let to, let requests, let connection):
      (18 << 32 | UInt64(to.rawValue), connection << 16 | UInt64(requests.count))
    case .regionalResponses(let from, _, let to, _, let responses):
      (19 << 32 | Self.pair(from, to), UInt64(responses.count))
    }
  }

  private static func pair(_ from: NodeID, _ to: NodeID) -> UInt64 { UInt64(from.rawValue) << 16 | UInt64(to.rawValue) }
}

extension SimulatedCluster {
  func handle(_ event: Event) {
    if let process = event.process, standsStill(process) {
      waiting.append((process, event))
      return
    }
    let fingerprint = event.fingerprint
    trace.fold(now, fingerprint.0, fingerprint.1)
    switch event {
    case .tick(let id, let life): tick(id, life)
    case .turn(let id, let life): if living(id, life) != nil { endTurn(id) }
    case .job(let id, let life, let job): finish(job, id, life)
    case .consensus(let from, let to, let frame): onNode(to) { $0.receivedConsensus(frame, from: from, now: $1) }
    case .bulk(let from, let to, let frame):
      bulkDelivered += 1
      onNode(to) { $0.receivedBulk(frame, from: from, now: $1) }
    case .nodeRequests(let from, let life, let to, let requests):
      onNode(to) { $0.received(requests, connection: Self.connection(of: from, life: life), now: $1) }
    case .nodeResponses(let from, let to, let life, let responses):
      if machine(to).life == life { onNode(to) { $0.received(responses, from: from, now: $1) } }
    case .regionalRequests(let to, let requests, let connection):
      onNode(to) { $0.received(requests, connection: connection, now: $1) }
    case .regionalResponses(let from, let region, let to, let life, let responses):
      if machine(to).life == life { onNode(to) { $0.received(responses, from: from, of: region, now: $1) } }
    case .meeting(let one, let life, let other, let otherLife): meet(one, life, other, otherLife)
    case .refusal(let id, let life, let observer): refused(id, life, observer: observer)
    case .action(let action): action()
    case .stallEnd(let id, let life, let effects): endStall(id, life, effects)
    case .requests, .responses, .linkUp, .linkDown, .routerTick, .call: handleRouting(event)
    }
  }

  private func handleRouting(_ event: Event) {
    switch event {
    case .requests(let router, let life, let to, let frame):
      guard case .requests(let requests) = try? OperationFrame(frame) else {
        fatalError("A request frame is malformed.")
      }
      onNode(to) { $0.received(requests, connection: Self.connection(ofRouter: router, life: life), now: $1) }
    case .responses(let from, let life, let router, let routerLife, let frame):
      guard machine(from).life == life else { return }
      onCoordinator(router, routerLife) { $0.received(frame, from: from, now: $1) }
    case .linkUp(let id, let life, let router, let routerLife): linkUp(id, life, router, routerLife)
    case .linkDown(let id, let life, let router, let routerLife): linkDown(id, life, router, routerLife)
    case .routerTick(let router, let life):
      onCoordinator(router, life) { $0.tick(now: $1, wallTimeMs: routers[router].clock.wallTimeMs(now)) }
      if routers[router].life == life { queue.add(event, at: now + options.tickInterval) }
    case .call(let router, let life, let token, let call):
      onCoordinator(router, life) { $0.submit(call, token: token, now: $1) }
    default: fatalError("An event of a coordinator is unknown.")
    }
  }

  private func tick(_ id: NodeID, _ life: UInt64) {
    guard let node = living(id, life) else { return }
    node.tick(now: machine(id).clock.local(now), wallTimeMs: machine(id).clock.wallTimeMs(now))
    queue.add(.tick(id, life: life), at: now + options.tickInterval)
    endTurn(id)
  }

  func onNode(_ id: NodeID, _ body: (Node, Instant) -> Void) {
    let machine = machine(id)
    guard let node = machine.node else { return }
    delivered += 1
    body(node, machine.clock.local(now))
    endTurn(id)
  }

  func onCoordinator(_ number: Int, _ life: UInt64, _ body: (Coordinator, Instant) -> Void) {
    let router = routers[number]
    guard router.life == life, let coordinator = router.coordinator else { return }
    body(coordinator, router.clock.local(now))
    endTurn(coordinator: number)
  }

  private func finish(_ job: UInt64, _ id: NodeID, _ life: UInt64) {
    let machine = machine(id)
    guard let node = living(id, life), let work = machine.jobs.removeValue(forKey: job) else { return }
    var failure: (any Error)?
    do { try work.work() } catch { failure = error }
    if hasStopped(machine) { return }
    node.jobFinished(job, error: failure, now: machine.clock.local(now))
    endTurn(id)
  }

  // MARK: Ends of turns

  func endTurn(_ id: NodeID) {
    let machine = machine(id)
    guard let node = machine.node else { return }
    let effects = node.takeEffects(now: machine.clock.local(now))
    if hasStopped(machine) { return }
    if let stall = machine.stall {
      machine.stall = nil
      machine.isStalled = true
      queue.add(.stallEnd(id, life: machine.life, effects), at: now + stall)
      return
    }
    carryOut(effects, machine)
  }

  private func endStall(_ id: NodeID, _ life: UInt64, _ effects: NodeEffects) {
    guard living(id, life) != nil else { return }
    let machine = machine(id)
    if machine.isPaused {
      return queue.add(.stallEnd(id, life: life, effects), at: now + .milliseconds(10))
    }
    machine.isStalled = false
    release(.node(id))
    carryOut(effects, machine)
  }

  private func carryOut(_ effects: NodeEffects, _ machine: SimulatedMachine) {
    let id = machine.id
    if effects.hasMore { queue.add(.turn(id, life: machine.life), at: now + .microseconds(100)) }
    for notice in effects.notices {
      trace.note(now, "\(Process.node(id))", "\(notice.shard.map { "shard \($0.rawValue): " } ?? "")\(notice.text)")
      onNotice?(id, notice)
    }
    if trace.isKept { noteLeadership(of: machine) }
    if let failure = effects.failure { return failed(id, .end, failure) }
    for (to, bytes) in effects.consensus { send(.consensus(from: id, to: to, bytes), from: id, to: to) }
    if losesPower(machine, after: effects) { return }
    for (to, bytes) in effects.bulk { send(.bulk(from: id, to: to, bytes), from: id, to: to) }
    for (to, requests) in effects.requests {
      send(.nodeRequests(from: id, life: machine.life, to: to, requests), from: id, to: to)
    }
    for (region, to, requests) in effects.regional {
      elsewhere?(.requests(from: id, life: machine.life, region: region, to: to, requests))
    }
    for (connection, responses) in effects.responses { answer(connection, responses, from: machine) }
    for job in effects.jobs { run(job, on: machine) }
  }

  /// What the node takes itself and others for, where that has changed.
  private func noteLeadership(of machine: SimulatedMachine) {
    for status in machine.node?.status ?? [] {
      let leads = machine.node?.leads(status.shard) ?? false
      let role = status.isLearner ? "learner" : leads ? "leader that serves" : "\(status.role)"
      let words = "\(role) in term \(status.term), led by \(status.leader.map { "n\($0.rawValue)" } ?? "nobody")"
      guard machine.roles.updateValue(words, forKey: status.shard) != words else { continue }
      trace.note(now, "\(Process.node(machine.id))", "shard \(status.shard.rawValue): \(words)")
    }
  }

  private func answer(_ connection: UInt64, _ responses: [Response], from machine: SimulatedMachine) {
    if connection == Self.visitor { return answerVisits(responses) }
    let life = connection >> 32
    let number = connection & 0xFFFF_FFFF
    if number & Self.regionalBit != 0 {
      elsewhere?(.responses(from: machine.id, responses, connection: connection))
      return
    }
    if number & Self.routerBit == 0 {
      let to = NodeID(UInt32(number))
      send(.nodeResponses(from: machine.id, to: to, life: life, responses), from: machine.id, to: to)
      return
    }
    let router = Int(number & ~Self.routerBit)
    for frame in OperationFrame.encode(responses) {
      let event = Event.responses(
        from: machine.id, life: machine.life, router: router, routerLife: life, frame)
      sendRouted(event, from: .node(machine.id), to: .coordinator(router))
    }
  }

  private func run(_ job: Job, on machine: SimulatedMachine) {
    machine.jobs[job.id] = job
    let start = max(now, machine.laneFreeAt[job.lane] ?? now)
    let end = start + Span(nanoseconds: random.below(options.jobDelayMax.nanoseconds) + 1) + machine.jobDelay
    machine.laneFreeAt[job.lane] = end
    queue.add(.job(machine.id, life: machine.life, id: job.id), at: end)
  }

  func endTurn(coordinator number: Int) {
    let router = routers[number]
    guard let effects = router.coordinator?.takeEffects() else { return }
    for (node, bytes) in effects.frames where router.linksUp[node] != nil {
      let event = Event.requests(router: number, life: router.life, to: node, bytes)
      sendRouted(event, from: .coordinator(number), to: .node(node))
    }
    for (token, outcome) in effects.outcomes { router.completions.removeValue(forKey: token)?(outcome) }
  }
}
