import Coordinator
import Environment
import Messages

/// Clients that write each record once and never again: what a later write of a register would hide stays to be seen, by
/// reads now and then, by all of them at the end, and in what replicas are compared by.
final class RecordClients: SimulationCheck {
  /// What is known of a record.
  private enum Fate {
    /// It may be there or come to be.
    case open
    case stored
    /// Its put had no effect.
    case refused
  }

  private let region: SimulatedRegion
  private var random: SeededRandom
  private var fates: [Fate] = []
  private var isRunning = false
  private var underWay = 0
  private var violations: [Violation] = []

  private static let gapMax: UInt64 = 300_000_000
  private static let bodyBytesMax: UInt64 = 300
  private static let triesMax = 40

  init(_ region: SimulatedRegion, seed: UInt64) {
    self.region = region
    random = SeededRandom(seed: seed)
  }

  func begin() {
    isRunning = true
    next()
  }

  func stop() { isRunning = false }

  var isIdle: Bool { underWay == 0 }

  func finish() { for record in fates.indices { read(record, tries: Self.triesMax) } }

  func judge() -> [Violation] { violations }

  private func next() {
    guard isRunning else { return }
    region.cluster.schedule(after: Span(nanoseconds: 1 + random.below(Self.gapMax))) { [self] in next() }
    if !fates.isEmpty, random.chance(1, in: 3) { read(random.index(fates.count), tries: 1) } else { write() }
  }

  private static func key(_ record: Int) -> String { "r\(record)" }

  private static func value(_ record: Int) -> Int { (record + 1) * SimulatedTable.step }

  private func anyRouter() -> Int { random.index(region.cluster.options.coordinators) }

  private func write() {
    let record = fates.count
    fates.append(.open)
    let key = Self.key(record)
    let item = SimulatedTable.item(key, Self.value(record), bodyBytes: Int(random.below(Self.bodyBytesMax)))
    let write = ItemWrite(key: region.table.row(key), action: .put(item), condition: SimulatedTable.isAbsent)
    underWay += 1
    region.cluster.submit(.write(write), via: anyRouter()) { [self] outcome in
      underWay -= 1
      switch outcome {
      case .written: fates[record] = .stored
      case .failed(.outcomeUnknown): break
      case .failed: fates[record] = .refused
      default: violate("a new record was answered with \(outcome)")
      }
    }
  }

  private func read(_ record: Int, tries: Int) {
    let fate = fates[record]
    underWay += 1
    region.cluster.submit(.get(region.table.row(Self.key(record)), consistent: true), via: anyRouter()) {
      [self] outcome in
      underWay -= 1
      switch outcome {
      case .item(let item):
        guard let value = try? SimulatedTable.value(of: item) else {
          return item == nil ? look(record, isThere: false, knownAs: fate) : violate("record \(record) is mixed up")
        }
        if value != Self.value(record) { return violate("record \(record) holds what nobody wrote") }
        look(record, isThere: true, knownAs: fate)
      default:
        guard tries > 1 else { return }
        region.cluster.schedule(after: .milliseconds(200)) { [self] in read(record, tries: tries - 1) }
        return
      }
    }
  }

  /// - Parameter fate: what was known when the read began.
  private func look(_ record: Int, isThere: Bool, knownAs fate: Fate) {
    if isThere, fate == .refused { violate("record \(record) is there, although its put was refused") }
    if !isThere, fate == .stored { violate("record \(record) is lost") }
  }

  private func violate(_ text: String) {
    region.cluster.trace.note(region.cluster.now, "VIOLATION", text)
    violations.append(Violation(.linearizability, text))
  }
}
