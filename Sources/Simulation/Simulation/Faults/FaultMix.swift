import Environment
import Messages

/// Which faults a seed has, and how bad they are: swarm testing (Groce and others, 2012), where each run leaves out half of
/// everything, so that rare combinations are not drowned by common ones.
struct FaultMix {
  enum Kind: CaseIterable {
    case crash, crashAsItSends, crashAsItVotes, crashAsItWrites, crashAsItRenames, fallsBehind, powerCut
    case kill, killCoordinator, leave, pause
    case cut, cutOneWay, stall, flap, unrest, quarrel, weather, slowDisk, fullDisk
    case drift, wallJump, wipe, flippedBit, corruptReads, misdirectedReads, lostWrites, errors
  }

  private var random: SeededRandom
  private let options: SimulationOptions
  private let kinds: [Kind]
  /// The mean time from one fault to the next.
  private let gap: Span

  init(seed: UInt64, _ options: SimulationOptions) {
    var random = SeededRandom(seed: seed)
    self.options = options
    var kinds = Kind.allCases.filter { _ in random.chance(1, in: 2) }
    if random.chance(1, in: 24) { kinds = [] }
    // Leases are tried where leaders change and clocks differ by as much as they may.
    if options.clocksDriftApart, !kinds.isEmpty { kinds += [.unrest, .unrest] }
    var gap: Span = [.milliseconds(250), .milliseconds(800), .seconds(2), .seconds(5)][Int(random.below(4))]
    // What comes late does harm where nothing else is wrong.
    var calm = SeededRandom(seed: seed ^ 0x0CA1_0DA7)
    if calm.chance(1, in: 10) { (kinds, gap) = ([.stall], .seconds(2)) }
    self.gap = gap
    self.kinds = kinds
    self.random = random
  }

  /// The faults of so much time.
  mutating func schedule(for length: Span) -> FaultSchedule {
    var faults: [TimedFault] = []
    var at = Span(nanoseconds: random.below(2 * gap.nanoseconds))
    while !kinds.isEmpty && at < length {
      faults.append(draw(at: at))
      at = Span(nanoseconds: at.nanoseconds + 1 + random.below(2 * gap.nanoseconds))
    }
    return FaultSchedule(faults)
  }

  /// In half of the regions with more nodes than replicas a node leaves for good.
  mutating func departures(for length: Span) -> [TimedFault] {
    guard options.nodes > options.replication, random.chance(1, in: 2) else { return [] }
    return [TimedFault(at: Span(nanoseconds: random.below(length.nanoseconds)), lasts: .seconds(1), .drain(node()))]
  }

  /// Faults between regions and in the others than the first, whose options are `regions`; of machines as far as nothing
  /// is lost for good with a region's only one.
  mutating func schedule(for length: Span, among regions: [SimulationOptions]) -> [TimedFault] {
    var faults: [TimedFault] = []
    var at = Span(nanoseconds: random.below(4_000_000_000))
    while at < length {
      faults.append(
        TimedFault(
          at: at, lasts: .milliseconds(1 + random.below(random.chance(1, in: 3) ? 15_000 : 3_000)),
          between(regions)))
      at = Span(nanoseconds: at.nanoseconds + 1 + random.below(5_000_000_000))
    }
    return faults
  }

  private mutating func between(_ regions: [SimulationOptions]) -> Fault {
    let one = random.index(regions.count)
    switch random.below(6) {
    case 0: return .lonelyRegion(one)
    case 1: return .deafRegion(one, to: (one + 1 + random.index(regions.count - 1)) % regions.count)
    case 2: return .weatherBetweenRegions(weather())
    default:
      let number = 1 + random.index(regions.count - 1)
      var mix = FaultMix(seed: random.next(), regions[number], of: Kind.allCases.filter(\.isOfTheMoment))
      return .elsewhere(region: number, mix.draw(at: .zero).fault)
    }
  }

  private init(seed: UInt64, _ options: SimulationOptions, of kinds: [Kind]) {
    random = SeededRandom(seed: seed)
    self.options = options
    self.kinds = kinds
    gap = .zero
  }

  private mutating func draw(at: Span) -> TimedFault {
    let kind = kinds[Int(random.below(UInt64(kinds.count)))]
    let fault = fault(kind)
    return TimedFault(at: at, lasts: duration(of: kind), fault)
  }

  private mutating func fault(_ kind: Kind) -> Fault {
    switch kind {
    case .crash: .crash(node())
    case .crashAsItSends: .crashAsItSends(node())
    case .crashAsItVotes: .crashAsItVotes(cutPercent: 90 + random.below(120))
    case .crashAsItWrites: dies(afterChangesBelow: [8, 64, 512][random.index(3)], fromRenamingTo: nil)
    case .crashAsItRenames:
      dies(afterChangesBelow: 4, fromRenamingTo: ["CURRENT", "CURRENT", "identity", ".log"][random.index(4)])
    case .fallsBehind: .fallsBehind(node(), afterChanges: 1 + random.index(3), losesPower: random.chance(1, in: 2))
    case .powerCut: .powerCut
    case .kill: .kill(.node(node()))
    case .killCoordinator: .kill(coordinator())
    case .leave: .leave(node())
    case .pause: .pause(process())
    case .cut: cut()
    case .cutOneWay: cutOneWay()
    case .stall: stall()
    case .flap: flap()
    case .unrest: .unrest(cutLasts: .milliseconds(10 + random.below(random.chance(1, in: 2) ? 100 : 1_000)))
    case .quarrel: .quarrel(shard())
    case .weather: .weather(weather())
    case .slowDisk: .slowDisk(node(), .milliseconds(1 + random.below(random.chance(1, in: 4) ? 3_000 : 200)))
    case .fullDisk: .fullDisk(node(), bytesLeft: random.below(UInt64(2 * options.journalSegmentBytes)))
    case .drift: .drift(process(), ppm: drift())
    case .wallJump: wallJump()
    case .wipe: damage(.wipe)
    case .flippedBit: damage(.flippedBit)
    case .corruptReads: damage(.corruptReads)
    case .misdirectedReads: damage(.misdirectedReads)
    case .lostWrites: damage(.lostWrites)
    case .errors: damage(.errors)
    }
  }

  private mutating func duration(of kind: Kind) -> Span {
    let most: UInt64 =
      switch kind {
      case .powerCut: 300
      case .quarrel: random.chance(1, in: 3) ? 20_000 : 8_000
      case .fallsBehind: 24_000
      case .stall, .weather, .slowDisk, .fullDisk, .unrest, .crashAsItVotes, .crashAsItRenames: 8_000
      case .pause where random.chance(1, in: 2): 400
      default: random.chance(1, in: 4) ? 6_000 : 1_500
      }
    return .milliseconds(1 + random.below(most))
  }

  // MARK: Pieces

  private mutating func node() -> NodeID { NodeID(UInt32(1 + random.below(UInt64(options.nodes)))) }

  private mutating func shard() -> ShardID { ShardID(UInt32(1 + random.index(options.shards))) }

  private mutating func coordinator() -> Process { .coordinator(Int(random.below(UInt64(options.coordinators)))) }

  private mutating func process() -> Process { random.chance(1, in: 4) ? coordinator() : .node(node()) }

  private mutating func damage(_ damage: Damage) -> Fault { .damage(node(), damage, seed: random.next()) }

  /// Half of the time one node is alone, with or without a coordinator; else any two groups.
  private mutating func groups() -> ([Process], [Process]) {
    let nodes = (1...UInt32(options.nodes)).map { Process.node(NodeID($0)) }
    let coordinators = (0..<options.coordinators).map { Process.coordinator($0) }
    var left: [Process]
    if random.chance(1, in: 2) {
      left = [.node(node())]
    } else {
      left = nodes.filter { _ in random.chance(1, in: 2) }
    }
    // Often coordinators reach everyone, as clients of another network may.
    let staysOut = random.chance(1, in: 2)
    left += staysOut ? [] : coordinators.filter { _ in random.chance(1, in: 2) }
    let all = staysOut ? nodes : nodes + coordinators
    return (left, all.filter { !left.contains($0) })
  }

  private mutating func cut() -> Fault {
    let (left, right) = groups()
    return .cut(left, right)
  }

  private mutating func flap() -> Fault {
    let (left, right) = groups()
    return .flap(left, right, period: .milliseconds(20 + random.below(900)))
  }

  private mutating func cutOneWay() -> Fault {
    let from = process()
    var to = process()
    while to == from || !from.isNode && !to.isNode { to = .node(node()) }
    return .cutOneWay(from: from, to: to)
  }

  private mutating func dies(afterChangesBelow bound: Int, fromRenamingTo name: String?) -> Fault {
    .dies(node(), afterChanges: random.index(bound), fromRenamingTo: name, losesPower: random.chance(1, in: 2))
  }

  /// Mostly of what clients ask for, and then mostly until another leader has answered it.
  private mutating func stall() -> Fault {
    if random.chance(1, in: 2) { return .detour(from: coordinator(), over: shard()) }
    if random.chance(1, in: 3) { return .stall(from: coordinator(), to: .node(node())) }
    guard case .cutOneWay(let from, let to) = cutOneWay() else { fatalError("A cut one way is one.") }
    return .stall(from: from, to: to)
  }

  /// Half of the time as fast or as slow as a clock may be.
  private mutating func drift() -> Int {
    if random.chance(1, in: 2) { return random.chance(1, in: 2) ? 50_000 : -50_000 }
    return Int(random.below(100_001)) - 50_000
  }

  private mutating func weather() -> Weather {
    let isBad = random.chance(1, in: 3)
    return Weather(
      lossPerMille: random.chance(1, in: 3) ? 0 : random.below(isBad ? 301 : 51),
      duplicatesPerMille: random.chance(1, in: 3) ? 0 : random.below(isBad ? 301 : 51),
      delayMax: .milliseconds(1 + random.below(isBad ? 100 : 12)))
  }

  private mutating func wallJump() -> Fault {
    let most: UInt64 = random.chance(1, in: 2) ? 2_000 : 120_000
    let jump = Int(random.below(2 * most + 1)) - Int(most)
    return .wallJump(coordinator: Int(random.below(UInt64(options.coordinators))), milliseconds: jump)
  }
}

extension Process {
  var isNode: Bool {
    if case .node = self { return true }
    return false
  }
}

extension FaultMix.Kind {
  /// Whether a machine that is alone comes through it with all that it has acknowledged.
  fileprivate var isOfTheMoment: Bool {
    switch self {
    case .crash, .crashAsItSends, .crashAsItWrites, .powerCut, .kill, .killCoordinator, .leave, .pause, .unrest,
      .slowDisk, .drift, .wallJump:
      true
    case .crashAsItVotes, .crashAsItRenames, .fallsBehind, .cut, .cutOneWay, .stall, .flap, .quarrel, .weather,
      .fullDisk, .wipe, .flippedBit, .corruptReads, .misdirectedReads, .lostWrites, .errors:
      false
    }
  }
}
