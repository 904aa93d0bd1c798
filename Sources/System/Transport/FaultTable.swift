public import Environment

/// What happens to the frames of one peer in one direction.
public struct LinkFault: Hashable, Sendable {
  /// Chance of losing a frame, 0…1,000,000.
  public var lossPerMillion: UInt64
  /// Added to each frame; frames stay in order.
  public var delay: Span
  /// Nothing passes: frames vanish, signs of life stay away, new connections get no answer.
  public var isCut: Bool

  public init(lossPerMillion: UInt64 = 0, delay: Span = .zero, isCut: Bool = false) {
    self.lossPerMillion = lossPerMillion
    self.delay = delay
    self.isCut = isCut
  }

  public static let cut = LinkFault(isCut: true)
}

/// The faults of one event loop's links, by the peer's process name. Confined to that loop, as its links are.
///
/// It never closes a connection: a peer that is cut off long enough is given up as silent, as on a real network.
public final class FaultTable {
  public enum Direction: Hashable, Sendable { case sending, receiving }

  enum Verdict {
    case pass
    case lose
    case delay(Span)
  }

  private struct Key: Hashable {
    var peer: String
    var direction: Direction
  }

  private var faults: [Key: LinkFault] = [:]
  private var random: SeededRandom
  private var observers: [any FaultObserver] = []

  public init(seed: UInt64) { random = SeededRandom(seed: seed) }

  /// Replaces the fault of one direction; nil heals it.
  public func set(_ fault: LinkFault?, peer: String, _ direction: Direction) {
    faults[Key(peer: peer, direction: direction)] = fault
    notify()
  }

  /// Replaces the faults of both directions; nil heals them.
  public func set(_ fault: LinkFault?, peer: String) {
    faults[Key(peer: peer, direction: .sending)] = fault
    faults[Key(peer: peer, direction: .receiving)] = fault
    notify()
  }

  public func healAll() {
    faults.removeAll()
    notify()
  }

  public func fault(peer: String, _ direction: Direction) -> LinkFault? {
    faults[Key(peer: peer, direction: direction)]
  }

  func isCut(_ peer: String, _ direction: Direction) -> Bool { fault(peer: peer, direction)?.isCut ?? false }

  /// Whether a conversation is impossible: one direction is enough.
  func isCut(_ peer: String) -> Bool { isCut(peer, .sending) || isCut(peer, .receiving) }

  func verdict(_ peer: String, _ direction: Direction) -> Verdict {
    guard let fault = fault(peer: peer, direction) else { return .pass }
    if fault.isCut { return .lose }
    if fault.lossPerMillion > 0, random.chance(fault.lossPerMillion, in: 1_000_000) { return .lose }
    return fault.delay > .zero ? .delay(fault.delay) : .pass
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
