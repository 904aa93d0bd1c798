import Catalog
import Coordinator
import Environment
import Expressions
import Items
import Messages

/// A table whose items expire: none goes before its time has passed by the clock of some node, for any may lead, and each
/// goes soon after it has passed by all. Some get a later time, perhaps just as theirs ends.
///
/// Each item has one thing asked of it at a time, so that it is known what may be there.
final class ExpiryCheck: SimulationCheck {
  private struct Life {
    /// Times that it may have, in seconds since 1970: that of the last put that was acknowledged, and those of all puts of
    /// which nobody knows whether they are yet to come.
    var ends: [Int] { unknown + (stored.map { [$0] } ?? []) }
    var stored: Int?
    var unknown: [Int] = []
    var isBusy = false
  }

  private let region: SimulatedRegion
  private var random: SeededRandom
  private var table: TableID?
  private var lives: [Life] = []
  private var isRunning = false
  private var underWay = 0
  private var looks = 0
  private var isJudged = false
  private var violations: [Violation] = []

  private static let name = "expires"
  private static let attribute = Array("ends".utf8)
  private static let pauseMax: UInt64 = 400_000_000
  /// Of the newest so many items one is read or gets a later time.
  private static let recent = 12
  private static let looksMax = 30
  private static let lookInterval = Span.milliseconds(500)

  init(_ region: SimulatedRegion, seed: UInt64) {
    self.region = region
    random = SeededRandom(seed: seed)
  }

  func begin() {
    isRunning = true
    make()
  }

  func stop() { isRunning = false }

  var isIdle: Bool { underWay == 0 && (looks == 0 || isJudged) }

  /// Without a table nothing expired: it was not made in time.
  func finish() {
    guard table != nil else { return }
    looks = 1
    look()
  }

  func judge() -> [Violation] {
    if looks > 0, !isJudged { return [Violation(.expiry, "the items cannot be read after everything is healed")] }
    return violations
  }

  // MARK: Work

  private func call(_ call: Call, _ completion: @escaping (CallOutcome) -> Void) {
    underWay += 1
    let router = random.index(region.cluster.options.coordinators)
    region.cluster.submit(call, via: router) { [self] outcome in
      underWay -= 1
      completion(outcome)
    }
  }

  private func make() {
    guard isRunning else { return }
    var definition = SimulatedTable.definition
    definition.name = Self.name
    definition.timeToLive = Self.attribute
    let unique = [UInt8](repeating: 13, count: 16)
    call(.createTable(definition, createdAtMs: 0, uniqueID: unique)) { [self] outcome in
      guard case .catalog(.table(let made)) = outcome else {
        return region.cluster.schedule(after: .milliseconds(100)) { [self] in make() }
      }
      table = made.id
      next()
    }
  }

  private func next() {
    guard isRunning else { return }
    region.cluster.schedule(after: Span(nanoseconds: 1 + random.below(Self.pauseMax))) { [self] in next() }
    guard !lives.isEmpty, random.chance(1, in: 2) else {
      lives.append(Life())
      return put(lives.count - 1)
    }
    let life = lives.count - 1 - random.index(min(Self.recent, lives.count))
    guard !lives[life].isBusy else { return }
    if random.chance(1, in: 2) { put(life) } else { read(life) }
  }

  /// With a time about now, or one that never comes.
  private func put(_ life: Int) {
    let wait = random.chance(1, in: 6) ? 1_000_000 : random.index(8) - 2
    let end = Int(region.cluster.wallTimesMs.newest / 1_000) + wait
    let map = AttributeMap([
      .init(name: Array("PK".utf8), value: .text(Self.key(life))),
      .init(name: Self.attribute, value: .number(Number(end))),
    ])
    lives[life].isBusy = true
    call(.write(ItemWrite(key: row(life), action: .put(EncodedItem(map))))) { [self] outcome in
      lives[life].isBusy = false
      switch outcome {
      case .written: lives[life].stored = end
      case .failed(.outcomeUnknown): lives[life].unknown.append(end)
      default: break
      }
    }
  }

  private func read(_ life: Int) {
    lives[life].isBusy = true
    call(.get(row(life), consistent: true)) { [self] outcome in
      lives[life].isBusy = false
      if case .item(let item) = outcome { found(item, life) }
    }
  }

  private static func key(_ life: Int) -> String { "e\(life)" }

  private func row(_ life: Int) -> RowKey { SimulatedTable(id: table ?? TableID(0)).row(Self.key(life)) }

  private func found(_ item: EncodedItem?, _ life: Int) {
    let ends = lives[life].ends
    guard let item else {
      let newest = Int(region.cluster.wallTimesMs.newest / 1_000)
      if lives[life].stored != nil, let first = ends.min(), first > newest {
        violate("item \(life) is gone at \(newest), and it had until \(first) at least")
      }
      return
    }
    guard case .number(let end)? = try? item.value(named: Self.attribute), let end = end.integer, ends.contains(end)
    else { return violate("item \(life) has a time that nobody gave it") }
  }

  // MARK: The last looks

  private func look() {
    guard let table else { return }
    scan(table) { [self] items in
      for life in lives.indices { found(items[Self.key(life)], life) }
      let late = lives.indices.filter { items[Self.key($0)] != nil && isOver($0) }
      guard !late.isEmpty else {
        isJudged = true
        return
      }
      guard looks < Self.looksMax else {
        isJudged = true
        return violate("items \(late) are still there \(Self.looksMax / 2) s after everything is healed")
      }
      lookAgain()
    }
  }

  private func isOver(_ life: Int) -> Bool {
    let oldest = Int(region.cluster.wallTimesMs.oldest / 1_000)
    return lives[life].ends.allSatisfy { $0 <= oldest }
  }

  private func lookAgain() {
    looks += 1
    region.cluster.schedule(after: Self.lookInterval) { [self] in look() }
  }

  /// All of it is far less than a page holds.
  private func scan(_ table: TableID, _ completion: @escaping ([String: EncodedItem]) -> Void) {
    let all = RangeRead(
      lower: RowKey(table: table, hash: 0), upper: RowKey(table: TableID(table.rawValue + 1), hash: 0), consistent: true
    )
    call(.scan(all)) { [self] outcome in
      guard case .page(let page) = outcome, page.last == nil else {
        if looks < Self.looksMax { lookAgain() }
        return
      }
      var items: [String: EncodedItem] = [:]
      for item in page.items {
        guard case .string(let key)? = try? item.value(named: Array("PK".utf8)) else { continue }
        items[String(decoding: key, as: UTF8.self)] = item
      }
      completion(items)
    }
  }

  private func violate(_ text: String) {
    region.cluster.trace.note(region.cluster.now, "VIOLATION", text)
    violations.append(Violation(.expiry, text))
  }
}
