import Coordinator
import Environment
import Items
import Messages

/// Clients that take locks and give them back: an item that is put where there is none, and deleted by whoever put it. At
/// no time has a lock two holders, and what was refused to one never becomes his.
final class LockClients: SimulationCheck {
  /// What is known of one attempt to take a lock.
  private enum Fate {
    /// It may hold the lock or come to hold it.
    case open
    case held
    /// The lock was another's: it never holds it.
    case refused
    /// It was given back, or somebody who saw it there without an owner asked for that.
    case ending
    /// It is gone for good.
    case ended
  }

  private let region: SimulatedRegion
  private let locks: [String]
  private var random: SeededRandom
  private var fates: [Fate] = []
  private var isRunning = false
  private var underWay = 0
  private var violations: [Violation] = []

  private static let gapMax: UInt64 = 200_000_000
  private static let holdMax: UInt64 = 150_000_000

  init(_ region: SimulatedRegion, seed: UInt64) {
    self.region = region
    locks = (0..<3).map { "lock\($0)" }
    random = SeededRandom(seed: seed)
  }

  func begin() {
    isRunning = true
    next()
  }

  func stop() { isRunning = false }

  var isIdle: Bool { underWay == 0 }

  func judge() -> [Violation] { violations }

  private func next() {
    guard isRunning else { return }
    region.cluster.schedule(after: Span(nanoseconds: 1 + random.below(Self.gapMax))) { [self] in next() }
    take(locks[random.index(locks.count)])
  }

  private static func value(_ token: Int) -> Int { (token + 1) * SimulatedTable.step }

  private func submit(_ write: ItemWrite, _ completion: @escaping (CallOutcome) -> Void) {
    underWay += 1
    region.cluster.submit(.write(write), via: random.index(region.cluster.options.coordinators)) { [self] outcome in
      underWay -= 1
      completion(outcome)
    }
  }

  private func take(_ lock: String) {
    let token = fates.count
    fates.append(.open)
    let ended = fates.map { $0 == .ended }
    let write = ItemWrite(
      key: region.table.row(lock), action: .put(SimulatedTable.item(lock, Self.value(token), bodyBytes: 8)),
      condition: SimulatedTable.isAbsent, returns: .onConditionFailure)
    submit(write) { [self] outcome in
      switch outcome {
      case .written: taken(lock, token)
      case .conditionFailed(let old, _):
        fates[token] = .refused
        saw(lock, old, endedBefore: ended)
      case .failed(.outcomeUnknown): break
      case .failed: fates[token] = .refused
      default: violate("a lock was answered with \(outcome)")
      }
    }
  }

  private func taken(_ lock: String, _ token: Int) {
    // Whoever saw it before its own taker knew may have given it back.
    guard fates[token] == .open else { return }
    fates[token] = .held
    region.cluster.schedule(after: Span(nanoseconds: 1 + random.below(Self.holdMax))) { [self] in
      fates[token] = .ending
      giveBack(lock, token, wasHeld: true)
    }
  }

  /// Once its delete is answered, or finds nothing any more, a token is gone for good.
  private func giveBack(_ lock: String, _ token: Int, wasHeld: Bool) {
    let write = ItemWrite(
      key: region.table.row(lock), action: .delete, condition: SimulatedTable.holds(Self.value(token)))
    submit(write) { [self] outcome in
      switch outcome {
      case .written: fates[token] = .ended
      case .conditionFailed:
        if wasHeld { violate("\(lock) was lost by its holder, attempt \(token)") }
        fates[token] = .ended
      case .failed where isRunning:
        region.cluster.schedule(after: .milliseconds(50)) { [self] in giveBack(lock, token, wasHeld: false) }
      default: break
      }
    }
  }

  /// Somebody was refused because of an earlier attempt.
  private func saw(_ lock: String, _ item: EncodedItem?, endedBefore ended: [Bool]) {
    guard let value = try? SimulatedTable.value(of: item) else {
      return violate("\(lock) was refused, and there is nothing that nobody else took")
    }
    let token = value / SimulatedTable.step - 1
    guard fates.indices.contains(token), value == Self.value(token) else {
      return violate("\(lock) holds what nobody wrote")
    }
    if fates[token] == .refused { violate("\(lock) is held by attempt \(token), which was refused") }
    if token < ended.count, ended[token] { violate("\(lock) is held by attempt \(token) after it was given back") }
    guard fates[token] == .open || fates[token] == .refused else { return }
    // Its taker may never hear of it.
    fates[token] = .ending
    giveBack(lock, token, wasHeld: false)
  }

  private func violate(_ text: String) {
    region.cluster.trace.note(region.cluster.now, "VIOLATION", text)
    violations.append(Violation(.linearizability, text))
  }
}
