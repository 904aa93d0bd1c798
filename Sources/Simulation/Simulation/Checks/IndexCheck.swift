import Catalog
import Coordinator
import Environment
import Items
import Messages

/// Indexes are what their table implies once nobody writes any more: two of a table from the start, and one that is added
/// while clients write and faults happen.
final class IndexCheck: SimulationCheck {
  private let region: SimulatedRegion
  private let length: Span
  private var random: SeededRandom
  private var table: Table?
  private var isRunning = false
  private var underWay = 0
  private var isAdded = false
  private var looks = 0
  private var isJudged = false
  private var violations: [Violation] = []

  private static let pauseMax: UInt64 = 120_000_000
  private static let items: UInt64 = 24
  /// Batches that were lost are sent again after a second; a leader may have been lost just now.
  private static let looksMax = 16
  private static let lookInterval = Span.milliseconds(500)

  init(_ region: SimulatedRegion, length: Span, seed: UInt64) {
    self.region = region
    self.length = length
    random = SeededRandom(seed: seed)
  }

  func begin() {
    isRunning = true
    make()
    let wait = Span(nanoseconds: 1 + random.below(length.nanoseconds))
    region.cluster.schedule(after: wait) { [self] in addIndex() }
  }

  func stop() { isRunning = false }

  var isIdle: Bool { underWay == 0 && (looks == 0 || isJudged) }

  /// Without a table there was nothing to index: it was not made in time.
  func finish() {
    guard table != nil else { return }
    looks = 1
    region.cluster.schedule(after: .seconds(1)) { [self] in look() }
  }

  func judge() -> [Violation] {
    if looks > 0, !isJudged { return [Violation(.indexes, "the indexes cannot be read after everything is healed")] }
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
    let unique = [UInt8](repeating: 9, count: 16)
    call(.createTable(IndexedItems.definition(withAdded: false), createdAtMs: 0, uniqueID: unique)) { [self] outcome in
      guard case .catalog(.table(let made)) = outcome else {
        return region.cluster.schedule(after: .milliseconds(100)) { [self] in make() }
      }
      table = made
      write()
    }
  }

  private func write() {
    guard isRunning, let id = table?.id else { return }
    region.cluster.schedule(after: Span(nanoseconds: 1 + random.below(Self.pauseMax))) { [self] in write() }
    call(.write(IndexedItems.write(id, item: random.below(Self.items), &random))) { _ in }
  }

  /// Its outcome may stay unknown: the table is looked at again until it has the index.
  private func addIndex() {
    guard isRunning else { return }
    call(.refreshCatalog) { [self] _ in
      guard isRunning else { return }
      let seen = region.cluster.coordinator(0)?.catalog.table(named: IndexedItems.name)
      guard let seen, seen.status == .active, seen.id == table?.id else { return addIndexLater() }
      if seen.index(named: IndexedItems.added) != nil { return }
      let alteration = TableAlteration(of: seen, to: IndexedItems.definition(withAdded: true), atMs: 1)
      call(.alterTable(alteration)) { [self] outcome in
        if case .catalog(.table) = outcome { return }
        addIndexLater()
      }
    }
  }

  private func addIndexLater() {
    region.cluster.schedule(after: .milliseconds(300)) { [self] in addIndex() }
  }

  // MARK: The last look

  private func look() {
    call(.refreshCatalog) { [self] _ in
      guard let table = region.cluster.coordinator(0)?.catalog.table(named: IndexedItems.name) else {
        return lookAgain(["the table is gone"])
      }
      read(table.id) { [self] items in
        compare(table, items, table.settings.indexes[...], [])
      }
    }
  }

  private func compare(
    _ table: Table, _ items: [EncodedItem], _ indexes: ArraySlice<IndexSettings>, _ faults: [String]
  ) {
    guard let index = indexes.first else {
      let waiting = table.indexes.filter { $0.status != .active }.map { "the index \($0.name) is not filled" }
      let all = faults + waiting
      return all.isEmpty ? settled() : lookAgain(all)
    }
    read(index.id) { [self] rows in
      let layout = IndexLayout(index, of: table.id, base: table.definition.key)
      let found = (try? IndexComparison.faults(of: layout, items: items, rows: rows)) ?? ["a row cannot be read"]
      compare(table, items, indexes.dropFirst(), faults + found.map { "\($0) in index \(index.id.rawValue)" })
    }
  }

  private func read(_ id: TableID, _ then: @escaping ([EncodedItem]) -> Void) {
    let range = RangeRead(
      lower: RowKey(table: id, hash: 0), upper: RowKey(table: TableID(id.rawValue + 1), hash: 0), consistent: true)
    call(.scan(range)) { [self] outcome in
      if case .page(let page) = outcome { then(page.items) } else { lookAgain(["the table cannot be read"]) }
    }
  }

  private func settled() {
    isJudged = true
  }

  private func lookAgain(_ faults: [String]) {
    looks += 1
    guard looks > Self.looksMax else {
      return region.cluster.schedule(after: Self.lookInterval) { [self] in look() }
    }
    isJudged = true
    violations += faults.prefix(4).map { Violation(.indexes, $0) }
  }
}

/// The table that is indexed, and what clients do to its items.
enum IndexedItems {
  static let name = "indexed"
  static let added = "added"

  private static let partition = KeyAttribute(name: Array("PK".utf8), type: .string)
  private static let sort = KeyAttribute(name: Array("SK".utf8), type: .number)
  private static let group = KeyAttribute(name: Array("G".utf8), type: .string)
  private static let place = KeyAttribute(name: Array("L".utf8), type: .number)

  static func definition(withAdded: Bool) -> TableDefinition {
    var indexes = [
      IndexDefinition(
        name: "local", kind: .local, key: IndexKeySchema(partition: partition, sort: place), projection: .keysOnly),
      IndexDefinition(
        name: "global", kind: .global, key: IndexKeySchema(partition: group, sort: place), projection: .all),
    ]
    if withAdded {
      indexes.append(
        IndexDefinition(name: added, kind: .global, key: IndexKeySchema(partition: group), projection: .keysOnly))
    }
    return TableDefinition(
      name: name, key: KeySchema(partition: partition, sort: sort), attributes: [partition, sort, group, place],
      indexes: indexes)
  }

  /// A put whose index keys are few, so that items move to and fro; without some of them, or a delete, now and then.
  static func write(_ table: TableID, item: UInt64, _ random: inout SeededRandom) -> ItemWrite {
    let names = (AttributeValue.text("p\(item % 6)"), AttributeValue.number(Number(Int(item / 6))))
    let key = RowKey(table: table, partition: names.0, sort: names.1)
    guard !random.chance(1, in: 5) else { return ItemWrite(key: key, action: .delete) }
    var map = AttributeMap([.init(name: partition.name, value: names.0), .init(name: sort.name, value: names.1)])
    if !random.chance(1, in: 6) { map[group.name] = .text("g\(random.below(4))") }
    if !random.chance(1, in: 6) { map[place.name] = .number(Number(Int(random.below(3)))) }
    if random.chance(1, in: 3) { map[Array("note".utf8)] = .number(Number(Int(random.below(1_000)))) }
    return ItemWrite(key: key, action: .put(EncodedItem(map)))
  }
}
