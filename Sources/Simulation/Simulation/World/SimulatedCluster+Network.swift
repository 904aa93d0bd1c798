import Coordinator
import Environment
public import Messages
import Node

/// The network: messages, connections, and what is cut.
extension SimulatedCluster {
  /// Cuts the links between the nodes of different groups, both ways. Coordinators reach everyone.
  public func partition(_ groups: [[NodeID]]) {
    cut(groups.map { $0.map { .node($0) } })
  }

  /// Cuts the links between the processes of different groups, both ways. Who is in no group keeps all links.
  public func cut(_ groups: [[Process]]) { forEachWay(between: groups) { links.cut(from: $0, to: $1) } }

  /// Ends a cut between the same groups.
  public func lift(_ groups: [[Process]]) { forEachWay(between: groups) { links.lift(from: $0, to: $1) } }

  /// One node, and all others.
  func apart(_ id: NodeID) -> [[Process]] { [[.node(id)], nodeIDs.filter { $0 != id }.map { .node($0) }] }

  private func forEachWay(between groups: [[Process]], _ body: (Process, Process) -> Void) {
    for (position, group) in groups.enumerated() {
      for (other, others) in groups.enumerated() where other != position {
        for from in group { for to in others { body(from, to) } }
      }
    }
  }

  /// Cuts one way between two processes.
  public func cutOneWay(from: Process, to: Process) { links.cut(from: from, to: to) }

  public func liftOneWay(from: Process, to: Process) { links.lift(from: from, to: to) }

  /// From now on what is sent that way waits, as on a connection that stalls: nothing is lost.
  func hold(from: Process, to: Process) { links.hold(from: from, to: to) }

  /// What waited on that way goes on.
  func release(from: Process, to: Process) {
    links.release(from: from, to: to)
    guard !links.isHeld(from: from, to: to) else { return }
    for message in held where message.from == from && message.to == to {
      queue.add(message.event, at: now + networkDelay())
    }
    held.removeAll { $0.from == from && $0.to == to }
  }

  private func deliver(_ event: Event, from: Process, to: Process) {
    if links.isHeld(from: from, to: to) { return held.append((from, to, event)) }
    queue.add(event, at: now + networkDelay())
  }

  /// Opens every way, whatever cut it.
  public func heal() { links.liftAll() }

  // MARK: Messages

  /// Between nodes messages are lost, doubled and reordered.
  func send(_ event: Event, from: NodeID, to: NodeID) {
    guard links.isOpen(from: .node(from), to: .node(to)) else { return }
    if weather.lossPerMille > 0, random.chance(weather.lossPerMille, in: 1_000) { return }
    deliver(event, from: .node(from), to: .node(to))
    if weather.duplicatesPerMille > 0, random.chance(weather.duplicatesPerMille, in: 1_000) {
      deliver(event, from: .node(from), to: .node(to))
    }
  }

  /// Between coordinators and nodes nothing is doubled; whether anything is lost is an option.
  func sendRouted(_ event: Event, from: Process, to: Process) {
    guard links.isOpen(from: from, to: to) else { return }
    if options.coordinatorsLoseMessages, random.chance(weather.lossPerMille, in: 1_000) { return }
    deliver(event, from: from, to: to)
  }

  func networkDelay() -> Span {
    if options.straysPerMillion > 0, random.chance(options.straysPerMillion, in: 1_000_000) {
      return Span(nanoseconds: random.below(options.strayDelayMax.nanoseconds) + 1)
    }
    return Span(nanoseconds: random.below(weather.delayMax.nanoseconds) + 1)
  }

  // MARK: Connections of nodes

  static let redialInterval = Span.milliseconds(100)

  /// A process that starts meets every other one that runs.
  func dial(from machine: SimulatedMachine) {
    for other in machines where other.id != machine.id && other.node != nil {
      queue.add(
        .meeting(machine.id, life: machine.life, other.id, otherLife: other.life), at: now + networkDelay())
    }
  }

  func meet(_ one: NodeID, _ life: UInt64, _ other: NodeID, _ otherLife: UInt64) {
    guard let first = living(one, life), let second = living(other, otherLife) else { return }
    guard !machine(one).isPaused, !machine(other).isPaused, areLinked(.node(one), .node(other)) else {
      let again = Event.meeting(one, life: life, other, otherLife: otherLife)
      return queue.add(again, at: now + Self.redialInterval)
    }
    let refusedSecond = first.admit(other, incarnation: second.incarnation, start: otherLife)
    let refusedFirst = second.admit(one, incarnation: first.incarnation, start: life)
    if refusedSecond != nil { return failed(other, .refusal, .oldCopy(second.configuration)) }
    if refusedFirst != nil { return failed(one, .refusal, .oldCopy(first.configuration)) }
    for (id, peer) in [(one, other), (other, one)] {
      onNode(id) {
        $0.heard(peer, speaks: .max)
        $0.linkUp(peer, now: $1)
      }
    }
  }

  private func areLinked(_ one: Process, _ other: Process) -> Bool {
    links.isOpen(from: one, to: other) && links.isOpen(from: other, to: one)
  }

  /// A machine that lives says that nobody listens any more.
  func showDeath(of machine: SimulatedMachine, life: UInt64) {
    guard options.deathIsProven, machine.isPowered else { return }
    for observer in machines where observer.id != machine.id && observer.node != nil {
      queue.add(.refusal(by: machine.id, life: life, observer: observer.id), at: now + networkDelay())
    }
  }

  func refused(_ id: NodeID, _ life: UInt64, observer: NodeID) {
    let machine = machine(id)
    guard machine.node == nil, machine.isPowered, machine.life == life, areLinked(.node(id), .node(observer)) else {
      return
    }
    onNode(observer) { $0.processDied(leading: $0.leaderships(of: id), now: $1) }
  }

  // MARK: Connections of coordinators

  func connect(_ machine: SimulatedMachine, to router: SimulatedRouter) {
    guard machine.node != nil, router.coordinator != nil else { return }
    let event = Event.linkUp(machine.id, life: machine.life, router: router.number, routerLife: router.life)
    queue.add(event, at: now + networkDelay())
  }

  func linkUp(_ id: NodeID, _ life: UInt64, _ number: Int, _ routerLife: UInt64) {
    let router = routers[number]
    guard router.life == routerLife, living(id, life) != nil else { return }
    guard !machine(id).isPaused, areLinked(.node(id), .coordinator(number)) else {
      let again = Event.linkUp(id, life: life, router: number, routerLife: routerLife)
      return queue.add(again, at: now + Self.redialInterval)
    }
    if let earlier = router.linksUp[id] { linkDown(id, earlier, number, routerLife) }
    router.linksUp[id] = life
    onCoordinator(number, routerLife) { $0.linkUp(id, now: $1) }
  }

  func linkDown(_ id: NodeID, _ life: UInt64, _ number: Int, _ routerLife: UInt64) {
    let router = routers[number]
    guard router.life == routerLife, router.linksUp[id] == life else { return }
    router.linksUp[id] = nil
    onCoordinator(number, routerLife) { $0.linkDown(id, now: $1) }
  }

  /// The connections of a process end with it. Where power went, nobody says so, and its peers find out later.
  func disconnect(_ machine: SimulatedMachine, life: UInt64) {
    for router in routers where router.linksUp[machine.id] == life {
      let patience =
        machine.isPowered ? Span.zero : Span(nanoseconds: random.below(options.crashShownAfterMax.nanoseconds + 1))
      let event = Event.linkDown(machine.id, life: life, router: router.number, routerLife: router.life)
      queue.add(event, at: now + networkDelay() + patience)
    }
  }
}
