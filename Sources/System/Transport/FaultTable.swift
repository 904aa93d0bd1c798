public import Environment

/// What happens to the frames of one peer in one direction.
public struct LinkFault: Hashable, Sendable {
  /// Chance of losing a frame, 0…1,000,000.
  public var lossPerMillion: UInt64
  /// Added to each frame; frames stay in order.
  public var delay: Span
  /// By how much each frame's delay may differ, both ways.
  public var jitter: Span
  /// Nothing passes: frames vanish, signs of life stay away, new connections get no answer.
  public var isCut: Bool

  public init(lossPerMillion: UInt64 = 0, delay: Span = .zero, jitter: Span = .zero, isCut: Bool = false) {
    self.lossPerMillion = lossPerMillion
    self.delay = delay
    self.jitter = jitter
    self.isCut = isCut
  }

  public static let cut = LinkFault(isCut: true)
}

/// The faults of one event loop's links, by the peer's process name. Confined to that loop, as its links are.
///
/// A process whose loops have links of their own calls each `NAME.LOOP`; a fault concerns the whole process.
///
/// It never closes a connection: a peer that is cut off long enough is given up as silent, as on a real network.
public final class FaultTable {
  public enum Direction: Hashable, Sendable { case sending, receiving }

  enum Verdict {
    case pass
    case lose
    case delay(Span)
  }

  /// One direction of one peer.
  public struct Way: Hashable, Sendable {
    public var peer: String
    public var direction: Direction

    public init(peer: String, _ direction: Direction) {
      self.peer = peer
      self.direction = direction
    }
  }

  private var faults: [Way: LinkFault] = [:]
  private var random: SeededRandom
  private var observers: [any FaultObserver] = []

  public init(seed: UInt64) { random = SeededRandom(seed: seed) }

  /// Replaces the fault of one direction; nil heals it.
  public func set(_ fault: LinkFault?, peer: String, _ direction: Direction) {
    faults[Way(peer: peer, direction)] = fault
    notify()
  }

  /// Replaces the faults of both directions; nil heals them.
  public func set(_ fault: LinkFault?, peer: String) {
    faults[Way(peer: peer, .sending)] = fault
    faults[Way(peer: peer, .receiving)] = fault
    notify()
  }

  /// Replaces every fault at once: a link that stays cut is not whole in between.
  public func replaceAll(_ faults: [Way: LinkFault]) {
    self.faults = faults
    notify()
  }

  public func healAll() { replaceAll([:]) }

  public func fault(peer: String, _ direction: Direction) -> LinkFault? {
    // Most tables are empty, and every frame asks.
    faults.isEmpty ? nil : faults[Way(peer: peer, direction)]
  }

  /// The name that faults know a process by.
  static func peer(of process: String) -> String {
    process.firstIndex(of: ".").map { String(process[..<$0]) } ?? process
  }

  func isCut(_ peer: String, _ direction: Direction) -> Bool { fault(peer: peer, direction)?.isCut ?? false }

  /// Whether a conversation is impossible: one direction is enough.
  func isCut(_ peer: String) -> Bool { isCut(peer, .sending) || isCut(peer, .receiving) }

  func verdict(_ peer: String, _ direction: Direction) -> Verdict {
    guard let fault = fault(peer: peer, direction) else { return .pass }
    if fault.isCut { return .lose }
    if fault.lossPerMillion > 0, random.chance(fault.lossPerMillion, in: 1_000_000) { return .lose }
    let delay = delay(of: fault)
    return delay > .zero ? .delay(delay) : .pass
  }

  /// Every delay from `delay - jitter` to `delay + jitter` is equally likely; none is negative.
  private func delay(of fault: LinkFault) -> Span {
    guard fault.jitter > .zero else { return fault.delay }
    let (delay, jitter) = (fault.delay.nanoseconds, fault.jitter.nanoseconds)
    let earliest = delay - min(delay, jitter)
    return Span(nanoseconds: earliest + random.below(delay + jitter - earliest + 1))
  }

  func add(_ observer: any FaultObserver) { observers.append(observer) }

  func remove(_ observer: any FaultObserver) { observers.removeAll { $0 === observer } }

  private func notify() {
    for observer in observers { observer.faultsChanged() }
  }
}

/// Who waits for a change: held output, a dialer that pretends to get no answer.
protocol FaultObserver: AnyObject {
  func faultsChanged()
}
