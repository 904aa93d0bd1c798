import Catalog
import Coordinator
import Environment
import History
import Items
import Messages
import Node

/// A table with a replica in every region: once no change waits any more, all regions hold the same after the residency
/// rules, and of each item the write that the rule names. No change goes back to the region that it came from, and nothing
/// that a region may not see leaves for it.
final class GlobalTableCheck: SimulationCheck {
  static let table = "everywhere"
  private static let keys = (0..<8).map { "g\($0)" }

  private let world: SimulatedWorld
  private var random: SeededRandom
  /// Of the items without their secrets, and of the secrets.
  private var history: GlobalHistory
  private var secrets: GlobalHistory
  private var newestShownMs: UInt64 = 0
  private var underWay = 0
  private var isRunning = false
  private var values = 0
  /// The time between two operations of a region, at most.
  private let pauseMax: UInt64
  private var look: GlobalTableLook?
  private let streams: GlobalStreamsLook
  private var violations: [Violation] = []

  init(_ world: SimulatedWorld, seed: UInt64) {
    self.world = world
    streams = GlobalStreamsLook(world)
    history = GlobalHistory(regions: world.regions.indices.map(SimulatedWorld.name))
    secrets = history
    random = SeededRandom(seed: seed)
    pauseMax = [40_000_000, 300_000_000, 2_000_000_000][random.index(3)]
    world.onBatch = { [unowned self] batch, source, target in sent(batch, from: source, to: target) }
    guard !world.residencies.isEmpty else { return }
    world.onFrame = { [unowned self] frame, source, target in
      guard !isWhole(target), GuardedItem.isRevealed(by: frame) else { return }
      violate("a secret leaves \(SimulatedWorld.name(source)) for \(SimulatedWorld.name(target))")
    }
  }

  private var regions: [SimulatedCluster] { world.regions }

  /// Whether a region sees everything.
  private func isWhole(_ number: Int) -> Bool {
    world.residencies.allSatisfy { $0.residency.rule(for: SimulatedWorld.name(number)) == nil }
  }

  // MARK: Check

  func begin() {
    isRunning = true
    make()
    for number in regions.indices { next(number) }
  }

  func stop() { isRunning = false }

  var isIdle: Bool { underWay == 0 && (look == nil || streams.isDone) }

  func finish() {
    look = GlobalTableLook(world, keys: Self.keys) { [streams] in streams.begin() }
    look?.begin()
  }

  func judge() -> [Violation] {
    guard let look, look.isEqual else {
      return violations + [Violation(.regions, look?.differences ?? "nobody looked")]
    }
    guard streams.isDone else { return violations + [Violation(.streams, "the streams of regions cannot be read")] }
    violations += streams.faults.map { Violation(.streams, $0) }
    for key in Self.keys {
      let (value, secret) = values(of: look.items[key] ?? nil, key)
      if let words = history.fault(of: key, ending: value) { violate("item \(key): \(words)") }
      if let words = secrets.fault(of: key, ending: secret) { violate("the secret of item \(key): \(words)") }
    }
    return violations
  }

  private func violate(_ words: String) {
    let violation = Violation(.regions, words)
    if !violations.contains(violation) { violations.append(violation) }
  }

  /// While a replica is being filled it gets all that its table holds, also what it has written itself by then. Where the
  /// bound of what waits is small, it is filled again and again.
  private func sent(_ batch: RegionBatch, from source: Int, to target: Int) {
    let name = SimulatedWorld.name(target)
    guard regions[source].options.regionFeedBytesMax == nil,
      batch.changes.contains(where: { $0.version.region == name })
    else { return }
    let isFilled = regions[source].nodeIDs.contains { id in
      let replicas = regions[source].node(id)?.catalog?.table(named: Self.table)?.replicas ?? []
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
    return routers.lazy.compactMap { self.regions[number].coordinator($0)?.catalog.table(named: Self.table) }.first
  }

  private func make() {
    guard isRunning else { return }
    var definition = SimulatedTable.definition
    definition.name = Self.table
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
      definition.stream = .newAndOldImages
      definition.replicas = ReplicaRegions(
        own: SimulatedWorld.name(0), others: (definition.replicas?.others ?? []) + [missing])
      call(0, .alterTable(TableAlteration(of: table, to: definition, atMs: newestMs()))) { [self] _ in
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
    case ..<7: put(number, table.id, key)
    case 7: putEverywhere(key)
    default: remove(number, table.id, key)
    }
  }

  /// At one time: what their clocks show may be the same.
  private func putEverywhere(_ key: String) {
    for number in regions.indices {
      if let table = table(number), table.status != .creating { put(number, table.id, key) }
    }
  }

  private func row(_ table: TableID, _ key: String) -> RowKey { SimulatedTable(id: table).row(key) }

  private func read(_ number: Int, _ table: TableID, _ key: String) {
    call(number, .get(row(table, key), consistent: true)) { [self] outcome in
      guard case .item(let item) = outcome else { return }
      let now = regions[number].now.nanoseconds
      let (value, secret) = isWhole(number) ? values(of: item, key) : (value(of: item, key), nil)
      if let value { history.saw(value, of: key, in: number, at: now) }
      if let secret { secrets.saw(secret, of: key, in: number, at: now) }
    }
  }

  private func put(_ number: Int, _ table: TableID, _ key: String) {
    values += 1
    let value = values * SimulatedTable.step
    let item = GuardedItem.item(key, value, isWhole: isWhole(number), bodyBytes: Int(random.below(60)))
    let place = begin(number, key, value)
    call(number, .write(ItemWrite(key: row(table, key), action: .put(item)))) { [self] outcome in
      end(place, number, outcome)
    }
  }

  /// One that finds nothing may leave a trace or none.
  private func remove(_ number: Int, _ table: TableID, _ key: String) {
    let place = begin(number, key, nil)
    call(number, .write(ItemWrite(key: row(table, key), action: .delete, returns: .old))) { [self] outcome in
      if case .written(let answer) = outcome, answer.old == nil {
        history.foundNothing(place)
        secrets.foundNothing(place)
      }
      end(place, number, outcome)
    }
  }

  /// A put in a region that does not see secrets leaves them as they are.
  private func begin(_ number: Int, _ key: String, _ value: Int?) -> Int {
    _ = newestMs()
    let oldest = regions.map(\.wallTimesOfAllMs.oldest).min() ?? 0
    let now = regions[number].now.nanoseconds
    let place = secrets.begin(key, value, in: number, at: now, wallMs: oldest)
    if value != nil, !isWhole(number) { secrets.failed(place) }
    return history.begin(key, value, in: number, at: now, wallMs: oldest)
  }

  private func end(_ place: Int, _ number: Int, _ outcome: CallOutcome) {
    defer { regions[number].trace.note(regions[number].now, "everywhere", history.text(of: place)) }
    switch outcome {
    case .written:
      let (now, ms) = (regions[number].now.nanoseconds, newestMs())
      history.succeeded(place, at: now, wallMs: ms)
      secrets.succeeded(place, at: now, wallMs: ms)
    case .failed(.outcomeUnknown): break
    case .failed:
      history.failed(place)
      secrets.failed(place)
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

  /// Of an item in a region that sees everything.
  private func values(of item: EncodedItem?, _ key: String) -> (number: Int?, secret: Int?) {
    do throws(SimulatedTable.MixedItem) {
      return (try SimulatedTable.value(of: item), try GuardedItem.secret(of: item))
    } catch {
      violate("item \(key) is none that was written")
      return (nil, nil)
    }
  }
}
