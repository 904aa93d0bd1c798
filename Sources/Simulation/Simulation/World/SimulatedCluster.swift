public import Coordinator
public import Environment
public import Messages
public import Node

/// A region in one thread on virtual time: real nodes and real coordinators over a simulated network, disks and clocks.
///
/// The same seed gives the same run. Faults are the caller's to order (``crash(_:)``, ``partition(_:)``), or come from a
/// ``FaultSchedule``.
public final class SimulatedCluster {
  public let options: SimulationOptions
  /// The world's time; each machine has a clock of its own.
  public private(set) var now = Instant(nanoseconds: 1_000_000_000)
  public let trace: Trace
  /// Messages delivered so far, a measure of what happened.
  public internal(set) var delivered = 0
  /// Those of them by which nodes fetch the state of a group.
  public internal(set) var bulkDelivered = 0
  /// Jobs that a crash found under way, and those of them that it stopped between two operations.
  public internal(set) var brokenOff = 0
  public internal(set) var tornWork = 0
  /// Events handled so far.
  public private(set) var events = 0
  /// After so many events nothing more happens: messages that bring forth messages would never end.
  public var eventsMax = Int.max
  /// Called when a process ends by itself, or does not start, with the reason. Without it that ends the simulation.
  public var onFailure: ((NodeID, FailureKind, NodeFailure) -> Void)?

  /// Called with what a node tells its operator.
  public var onNotice: ((NodeID, NodeNotice) -> Void)?

  /// Its name and those of the others where there are several; see ``SimulatedWorld``.
  let place: Place?
  /// Takes what is for another region.
  var elsewhere: ((Elsewhere) -> Void)?

  /// Called with each message of consensus that has left; by who asked for that.
  var watchers: [Int: (SentMessage) -> Void] = [:]

  /// Whether processes stand still by chance in the middle of their turns, as far as the options say so.
  var hasStalls = true

  var random: SeededRandom
  var queue = EventQueue<Event>()
  let machines: [SimulatedMachine]
  let routers: [SimulatedRouter]
  var links: Links
  var weather: Weather
  /// What happened to paused processes, in order.
  var waiting: [(process: Process, event: Event)] = []
  /// Messages that wait on their way, in order.
  var held: [(from: Process, to: Process, event: Event)] = []
  /// Who waits for an answer of a node without a coordinator, by request.
  var visits: [UInt64: Visit] = [:]
  var nextVisit: UInt64 = 1

  public convenience init(options: SimulationOptions, trace: Trace = Trace()) {
    self.init(options: options, trace: trace, place: nil)
  }

  init(options: SimulationOptions, trace: Trace, place: Place?) {
    self.options = options
    self.trace = trace
    self.place = place
    var random = SeededRandom(seed: options.seed)
    let now = now
    machines = (1...UInt32(options.nodes)).map {
      SimulatedMachine(id: NodeID($0), clock: Self.clock(options, now, &random))
    }
    routers = (0..<options.coordinators).map {
      SimulatedRouter(number: $0, clock: Self.clock(options, now, &random))
    }
    if options.clocksDiffer {
      for machine in machines { machine.clock.wallOffsetMs = Int(random.below(4_000)) - 2_000 }
    }
    links = Links(nodes: options.nodes, coordinators: options.coordinators)
    weather = options.weather
    if options.clocksDriftApart {
      let slow = random.index(machines.count)
      for (place, machine) in machines.enumerated() { machine.clock.drift(place == slow ? -50_000 : 50_000, now: now) }
    }
    self.random = random
    for router in routers { start(coordinator: router.number) }
    for machine in machines { start(machine.id) }
  }

  private static func clock(_ options: SimulationOptions, _ now: Instant, _ random: inout SeededRandom) -> MachineClock
  {
    MachineClock(at: now, showing: options.clocksDiffer ? Instant(nanoseconds: 1 + random.below(1 << 50)) : now)
  }

  // MARK: The world

  /// Runs until `deadline` of virtual time or until `isDone`; says which.
  @discardableResult
  public func run(for span: Span, until isDone: () -> Bool = { false }) -> Bool {
    let deadline = now + span
    while !isDone() {
      guard events < eventsMax else { return false }
      guard let next = queue.nextAt, next <= deadline else {
        now = deadline
        return isDone()
      }
      step()
    }
    return true
  }

  /// Brings about the next event.
  func step() {
    guard let (at, event) = queue.next() else { return }
    now = at
    events += 1
    handle(event)
  }

  /// Nothing happens here until then.
  func pass(to time: Instant) { now = time }

  /// Does something at a later time.
  public func schedule(after span: Span, _ action: @escaping () -> Void) {
    queue.add(.action(action), at: now + span)
  }

  /// Hands a call to a coordinator. Where it is down, the call is refused at once.
  public func submit(_ call: Call, via number: Int = 0, _ completion: @escaping (CallOutcome) -> Void) {
    let router = routers[number]
    guard router.coordinator != nil else { return completion(.failed(.unavailable("The coordinator is down."))) }
    let token = router.nextToken
    router.nextToken += 1
    router.completions[token] = completion
    handle(.call(router: number, life: router.life, token: token, call))
  }

  /// The running process of a node, nil while it is down.
  public func node(_ id: NodeID) -> Node? { machine(id).node }

  public var nodeIDs: [NodeID] { machines.map(\.id) }

  /// Nil while it is down.
  public func coordinator(_ number: Int) -> Coordinator? { routers[number].coordinator }

  /// Asks every leader for a checksum entry.
  public func orderChecksums() {
    for machine in machines {
      guard let node = machine.node, !machine.isPaused else { continue }
      for shard in node.ledShards {
        let request = Request(id: 1, shard: shard, operation: .checksum)
        node.received([request], connection: Self.nobody, now: machine.clock.local(now))
      }
      endTurn(machine.id)
    }
  }

  func machine(_ id: NodeID) -> SimulatedMachine { machines[Int(id.rawValue) - 1] }

  func living(_ id: NodeID, _ life: UInt64) -> Node? {
    let machine = machine(id)
    return machine.life == life ? machine.node : nil
  }

  /// How a process failed.
  public enum FailureKind: Sendable {
    case start
    case end
    /// Other nodes refused it, because they have seen a later incarnation.
    case refusal
  }

  // MARK: Connections

  /// Answers to another process's requests come back on a pseudo-connection of that process's life: a connection ends with
  /// the process that opened it.
  static func connection(of node: NodeID, life: UInt64) -> UInt64 { life << 32 | UInt64(node.rawValue) }
  static func connection(ofRouter number: Int, life: UInt64) -> UInt64 { life << 32 | routerBit | UInt64(number) }
  static let routerBit: UInt64 = 1 << 31
  /// Nobody waits for the answer.
  private static let nobody: UInt64 = 1
  static let visitor: UInt64 = 1 << 30
  static let regionalBit: UInt64 = 1 << 29
}
