import Coordinator
import Environment

/// Reads that may lag show what somebody wrote at some time, nothing else.
final class EventualReads: SimulationCheck {
  private let region: SimulatedRegion
  private let keys: [String]
  private var random: SeededRandom
  private var isRunning = false
  private var underWay = 0
  private var violations: [Violation] = []

  private static let gapMax: UInt64 = 300_000_000

  init(_ region: SimulatedRegion, keys: [String], seed: UInt64) {
    self.region = region
    self.keys = keys
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
    let key = keys[random.index(keys.count)]
    underWay += 1
    let router = random.index(region.cluster.options.coordinators)
    region.cluster.submit(.get(region.table.row(key), consistent: false), via: router) { [self] outcome in
      underWay -= 1
      if case .item(let item) = outcome { look(at: key) { try SimulatedTable.value(of: item) } }
    }
  }

  private func look(at key: String, _ value: () throws -> Int?) {
    do { _ = try value() } catch {
      violations.append(Violation(.linearizability, "a read that may lag shows an item of \(key) that nobody wrote"))
    }
  }
}
