import Catalog
import Coordinator
import Environment
import History
import Items
import Messages
import Node

/// A table with a replica in every region: once no change waits any more, all regions hold the same, and of each item the
/// write that the rule names. No change goes back to the region that it came from.
final class GlobalTableCheck: SimulationCheck {
  private static let name = "everywhere"
  private static let keys = (0..<8).map { "g\($0)" }
  private static let looksMax = 400
  private static let lookInterval = Span.milliseconds(500)

  private let world: SimulatedWorld
  private var random: SeededRandom
  private var history: GlobalHistory
  private var newestShownMs: UInt64 = 0
  private var underWay = 0
  private var isRunning = false
  private var values = 0
  /// The time between two operations of a region, at most.
  private let pauseMax: UInt64
  private var looks = 0
  private var isEqual = false
  /// What the last look found in each region, by key.
  private var found: [[String: Int?]] = []
  private var violations: [Violation] = []

  init(_ world: SimulatedWorld, seed: UInt64) {
    self.world = world
    history = GlobalHistory(regions: world.regions.indices.map(SimulatedWorld.name))
    random = SeededRandom(seed: seed)
    pauseMax = [40_000_000, 300_000_000, 2_000_000_000][random.index(3)]
    world.onBatch = { [unowned self] batch, source, target in sent(batch, from: source, to: target) }
  }

  private var regions: [SimulatedCluster] { world.regions }

  // MARK: Check

  func begin() {
    isRunning = true
    make()
    for number in regions.indices { next(number) }
  }

  func stop() { isRunning = false }

  var isIdle: Bool { underWay == 0 && (looks == 0 || isEqual) }

  func finish() {
    looks = 1
    look()
  }

  func judge() -> [Violation] {
    guard isEqual, let first = found.first else { return violations + [Violation(.regions, differences)] }
    for key in Self.keys {
      if let words = history.fault(of: key, ending: first[key] ?? nil) { violate("item \(key): \(words)") }
    }
    return violations
  }

  private func violate(_ words: String) {
    let violation = Violation(.regions, words)
    if !violations.contains(violation) { violations.append(violation) }
  }

  /// While a replica is being filled it gets all that its table holds, also what it has written itself by then.
  private func sent(_ batch: RegionBatch, from source: Int, to target: Int) {
    let name = SimulatedWorld.name(target)
    guard batch.changes.contains(where: { $0.version.region == name }) else { return }
    let isFilled = regions[source].nodeIDs.contains { id in
      let replicas = regions[source].node(id)?.catalog?.table(named: Self.name)?.replicas ?? []
      return replicas.contains { $0.region == name && $0.status == .active }
    }
    if isFilled { violate("a change of \(name) is sent back to it from \(SimulatedWorld.name(source))") }
  }

  // MARK: The table and its replicas

  private func call(_ number: Int, _ call: Call, _ completion: @escaping (CallOutcome) -> Void) {
    underWay += 1
    regions[number].submit(call, via: random.index(regions[number].options.coordinators)) { [self] outcome in
      underWay -= 1
      completion(outcome)
    }
  }

  private func later(_ number: Int = 0, _ span: Span = .milliseconds(200), _ action: @escaping () -> Void) {
    regions[number].schedule(after: span, action)
  }

  private func table(_ number: Int) -> Table? {
    let routers = 0..<regions[number].options.coordinators
    return routers.lazy.compactMap { self.regions[number].coordinator($0)?.catalog.table(named: Self.name) }.first
  }

  private func make() {
    guard isRunning else { return }
    var definition = SimulatedTable.definition
    definition.name = Self.name
    call(0, .createTable(definition, createdAtMs: 0, uniqueID: [UInt8](repeating: 5, count: 16))) { [self] outcome in
      switch outcome {
      case .catalog(.table), .catalog(.tableExists):
        later(0, Span(nanoseconds: 1 + random.below(6_000_000_000))) { [self] in spread() }
      default: later { [self] in make() }
      }
    }
  }

  /// Gives the table a replica in every region, one after the other.
  private func spread() {
    guard isRunning else { return }
    call(0, .refreshCatalog) { [self] _ in
      guard let table = table(0), table.status == .active else { return later { [self] in spread() } }
      guard let missing = regions.indices.dropFirst().map(SimulatedWorld.name).first(where: { !has(table, $0) }) else {
        return
      }
      var definition = table.definition
      definition.replicas = ReplicaRegions(
        own: SimulatedWorld.name(0), others: (definition.replicas?.others ?? []) + [missing])
      call(0, .alterTable(TableAlteration(of: table, to: definition, atMs: 1))) { [self] _ in
        later { [self] in spread() }
      }
    }
  }

  private func has(_ table: Table, _ region: String) -> Bool { table.replicas.contains { $0.region == region } }

  // MARK: Clients

  private func next(_ number: Int) {
    guard isRunning else { return }
    later(number, Span(nanoseconds: 1 + random.below(pauseMax))) { [self] in next(number) }
    guard let table = table(number), table.status != .creating else { return call(number, .refreshCatalog) { _ in } }
    let key = Self.keys[random.index(Self.keys.count)]
    switch random.below(10) {
    case ..<3: read(number, table.id, key)
    case ..<8: put(number, table.id, key)
    default: remove(number, table.id, key)
    }
  }

  private func row(_ table: TableID, _ key: String) -> RowKey { SimulatedTable(id: table).row(key) }

  private func read(_ number: Int, _ table: TableID, _ key: String) {
    call(number, .get(row(table, key), consistent: true)) { [self] outcome in
      guard case .item(let item) = outcome, let value = value(of: item, key) else { return }
      history.saw(value, of: key, in: number, at: regions[number].now.nanoseconds)
    }
  }

  private func put(_ number: Int, _ table: TableID, _ key: String) {
    values += 1
    let value = values * SimulatedTable.step
    let item = SimulatedTable.item(key, value, bodyBytes: Int(random.below(60)))
    let place = begin(number, key, value)
    call(number, .write(ItemWrite(key: row(table, key), action: .put(item)))) { [self] outcome in
      end(place, number, outcome)
    }
  }

  /// One that finds nothing may leave a trace or none.
  private func remove(_ number: Int, _ table: TableID, _ key: String) {
    let place = begin(number, key, nil)
    call(number, .write(ItemWrite(key: row(table, key), action: .delete, returns: .old))) { [self] outcome in
      if case .written(let answer) = outcome, answer.old == nil { history.foundNothing(place) }
      end(place, number, outcome)
    }
  }

  private func begin(_ number: Int, _ key: String, _ value: Int?) -> Int {
    _ = newestMs()
    let oldest = regions.map(\.wallTimesOfAllMs.oldest).min() ?? 0
    return history.begin(key, value, in: number, at: regions[number].now.nanoseconds, wallMs: oldest)
  }

  private func end(_ place: Int, _ number: Int, _ outcome: CallOutcome) {
    defer { regions[number].trace.note(regions[number].now, "everywhere", history.text(of: place)) }
    switch outcome {
    case .written: history.succeeded(place, at: regions[number].now.nanoseconds, wallMs: newestMs())
    case .failed(.outcomeUnknown): break
    case .failed: history.failed(place)
    default: violate("a write was answered with \(outcome)")
    }
  }

  /// What any clock has shown so far: versions go on from there, also when that clock has been set back.
  private func newestMs() -> UInt64 {
    newestShownMs = regions.map(\.wallTimesOfAllMs.newest).reduce(newestShownMs, max)
    return newestShownMs
  }

  private func value(of item: EncodedItem?, _ key: String) -> Int? {
    do throws(SimulatedTable.MixedItem) { return try SimulatedTable.value(of: item) } catch {
      violate("item \(key) is none that was written")
      return nil
    }
  }

  // MARK: The last look

  private var isQuiet: Bool {
    regions.allSatisfy { region in
      region.nodeIDs.allSatisfy { region.node($0)?.regionChanges.waiting == 0 }
    }
  }

  /// Reads every item in every region; done when twice in a row all are equal and nothing waits.
  private func look() {
    let before = found
    found = regions.map { _ in [:] }
    refresh(0) { [self] in
      read(0, Self.keys[...]) { [self] in
        let isSettled = isQuiet && found == before && found.allSatisfy { $0 == found[0] } && isSpread
        looks += 1
        if isSettled {
          isEqual = true
        } else if looks < Self.looksMax {
          later(0, Self.lookInterval) { [self] in look() }
        }
      }
    }
  }

  private func refresh(_ number: Int, _ then: @escaping () -> Void) {
    guard number < regions.count else { return then() }
    regions[number].submit(.refreshCatalog) { [self] _ in refresh(number + 1, then) }
  }

  private func read(_ number: Int, _ keys: ArraySlice<String>, _ then: @escaping () -> Void) {
    guard number < regions.count else { return then() }
    guard let key = keys.first, let table = regions[number].coordinator(0)?.catalog.table(named: Self.name) else {
      return read(number + 1, Self.keys[...], then)
    }
    regions[number].submit(.get(row(table.id, key), consistent: true)) { [self] outcome in
      if case .item(let item) = outcome { found[number][key] = .some(value(of: item, key)) }
      read(number, keys.dropFirst(), then)
    }
  }

  /// Whether every region that was told of the table has it, with all its replicas. Where it was never made, or given no
  /// replica, there is nothing to compare.
  private var isSpread: Bool {
    guard let first = regions[0].coordinator(0)?.catalog.table(named: Self.name), !first.replicas.isEmpty else {
      return true
    }
    let names = ([SimulatedWorld.name(0)] + first.replicas.map(\.region)).sorted()
    return regions.indices.allSatisfy { number in
      let name = SimulatedWorld.name(number)
      guard names.contains(name) else { return true }
      guard let table = regions[number].coordinator(0)?.catalog.table(named: Self.name) else { return false }
      return table.status == .active && table.replicas.allSatisfy { $0.status == .active }
        && (table.replicas.map(\.region) + [name]).sorted() == names
    }
  }

  private var differences: String {
    guard isSpread else { return "the table does not get its replicas" }
    let names = Self.keys.filter { key in found.contains { $0[key] != found[0][key] } }
    return names.isEmpty
      ? "changes still wait for other regions" : "regions differ in \(names.joined(separator: ", "))"
  }
}
