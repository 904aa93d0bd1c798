import Catalog
import Coordinator
import Environment
import Items
import Messages

/// A table with a stream, clients that write to it, and one reader a shard: what the stream shows is the history of the
/// items, each change once and in order, whoever led when.
///
/// A put has a value of its own; some put what was put last. The readers go back to an earlier place
/// now and then, as a consumer does that was killed before its next checkpoint.
final class StreamClients: SimulationCheck {
  private let region: SimulatedRegion
  private var random: SeededRandom
  private var table: Table?
  private var isRunning = false
  private var underWay = 0
  private var puts = 0
  private var ledger = StreamLedger()
  private var readers: [ShardID: Reader] = [:]
  /// The shards in order.
  private var shards: [ShardID] = []
  private var last: (left: Int, isDone: Bool)?
  private var violations: [Violation] = []

  private struct Reader {
    var start = StreamRead.Start.horizon
    /// Where a consumer would go on after it was killed.
    var checkpoint = StreamRead.Start.horizon
  }

  static let name = "streamed"
  private static let items: UInt64 = 12
  private static let pauseMax: UInt64 = 100_000_000
  private static let readPause = Span.milliseconds(150)
  /// Pages are small, so that a reader is often in the middle.
  private static let recordsMax: UInt32 = 7

  init(_ region: SimulatedRegion, seed: UInt64) {
    self.region = region
    random = SeededRandom(seed: seed)
  }

  func begin() {
    isRunning = true
    make()
  }

  func stop() { isRunning = false }

  var isIdle: Bool { underWay == 0 && (last?.isDone ?? true) }

  /// Without a table there was nothing to stream: it was not made in time.
  func finish() {
    guard table != nil else { return }
    last = (shards.count, false)
    for shard in shards { readRest(shard) }
  }

  func judge() -> [Violation] {
    if let last, !last.isDone { return [Violation(.streams, "the stream cannot be read after everything is healed")] }
    return violations + ledger.faults.map { Violation(.streams, $0) }
  }

  // MARK: Calls

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
    let key = KeySchema(partition: .init(name: Array("PK".utf8), type: .string))
    let definition = TableDefinition(
      name: Self.name, key: key, attributes: key.attributes, stream: .newAndOldImages)
    let unique = [UInt8](repeating: 11, count: 16)
    call(.createTable(definition, createdAtMs: 1, uniqueID: unique)) { [self] outcome in
      guard case .catalog(.table(let made)) = outcome else {
        return region.cluster.schedule(after: .milliseconds(100)) { [self] in make() }
      }
      begin(with: made)
    }
  }

  private func begin(with made: Table) {
    table = made
    let options = region.cluster.options
    let map = ShardMap.initial(
      shards: options.shards, nodes: region.cluster.nodeIDs, replication: options.replication)
    shards = map.shards.map(\.id).sorted()
    for shard in shards {
      readers[shard] = Reader()
      read(shard)
    }
    write(map)
  }

  // MARK: Writing

  private func write(_ map: ShardMap) {
    guard isRunning, let table else { return }
    region.cluster.schedule(after: Span(nanoseconds: 1 + random.below(Self.pauseMax))) { [self] in write(map) }
    let key = "s\(random.below(Self.items))"
    let row = SimulatedTable(id: table.id).row(key)
    switch random.below(10) {
    case ..<2: call(.write(ItemWrite(key: row, action: .delete))) { _ in }
    case 2:
      // What is there already, unless it was deleted since.
      guard let item = ledger.putAgain(key) else { return }
      call(.write(ItemWrite(key: row, action: .put(item)))) { _ in }
    default: put(key, row, map.shard(for: row.hash).id)
    }
  }

  private func put(_ key: String, _ row: RowKey, _ shard: ShardID) {
    puts += 1
    let value = puts * SimulatedTable.step
    let item = SimulatedTable.item(key, value, bodyBytes: Int(random.below(200)))
    ledger.puts(value, item, at: key)
    call(.write(ItemWrite(key: row, action: .put(item)))) { [self] outcome in
      switch outcome {
      case .written: ledger.acknowledged(value, on: shard)
      case .failed(.outcomeUnknown): break
      default: ledger.refused(value)
      }
    }
  }

  // MARK: Reading

  private func request(_ shard: ShardID, _ start: StreamRead.Start) -> Call {
    let stream = StreamRead(
      table: table?.id ?? TableID(0), startedAtMs: 1, start: start, recordsMax: Self.recordsMax)
    return .stream(stream, shard)
  }

  private func read(_ shard: ShardID) {
    guard isRunning, let reader = readers[shard] else { return }
    region.cluster.schedule(after: Self.readPause) { [self] in continueReading(shard, reader.start) }
  }

  private func continueReading(_ shard: ShardID, _ start: StreamRead.Start) {
    guard isRunning else { return }
    let known = ledger.acknowledgedCount(on: shard)
    call(request(shard, start)) { [self] outcome in
      if case .stream(let page) = outcome { took(page, shard, from: start, known: known) }
      read(shard)
    }
  }

  private func took(_ page: StreamPage, _ shard: ShardID, from start: StreamRead.Start, known: Int) {
    guard var reader = readers[shard] else { return }
    guard let span = page.span else { return violate("shard \(shard.rawValue) does not know the stream") }
    if page.isTrimmed {
      if region.cluster.options.streamBytesMax == nil { violate("records are gone that nobody asked to remove") }
      ledger.lost(on: shard)
      (reader.start, reader.checkpoint) = (.horizon, .horizon)
      readers[shard] = reader
      return
    }
    if case .after(let sequence) = start, let first = page.records.first, first.sequence <= sequence {
      violate("a page of shard \(shard.rawValue) begins before its place")
    }
    if start == .horizon, span.horizon > span.since { ledger.lost(on: shard) }
    for record in page.records { ledger.shown(record, on: shard) }
    if page.through >= span.end { ledger.readToEnd(of: shard, known: known) }
    reader.start = .after(page.through)
    if random.chance(1, in: 4) { reader.checkpoint = reader.start }
    if random.chance(1, in: 20) { reader.start = reader.checkpoint }
    readers[shard] = reader
  }

  // MARK: The end

  /// Reads on until nothing more comes, and then the items.
  private func readRest(_ shard: ShardID) {
    guard let start = readers[shard]?.start else { return }
    let known = ledger.acknowledgedCount(on: shard)
    call(request(shard, start)) { [self] outcome in
      guard case .stream(let page) = outcome, let span = page.span else {
        return region.cluster.schedule(after: .milliseconds(200)) { [self] in readRest(shard) }
      }
      took(page, shard, from: start, known: known)
      if page.isTrimmed || page.through < span.end { return readRest(shard) }
      // A reader may have gone back just now.
      if case .after(let place)? = readers[shard]?.start, place >= span.end { return ended() }
      readRest(shard)
    }
  }

  private func ended() {
    last?.left -= 1
    guard last?.left == 0, let id = table?.id else { return }
    let range = RangeRead(
      lower: RowKey(table: id, hash: 0), upper: RowKey(table: TableID(id.rawValue + 1), hash: 0), consistent: true)
    compare(range)
  }

  private func compare(_ range: RangeRead) {
    call(.scan(range)) { [self] outcome in
      guard case .page(let page) = outcome else {
        return region.cluster.schedule(after: .milliseconds(200)) { [self] in compare(range) }
      }
      ledger.compare(with: page.items)
      last?.isDone = true
    }
  }

  private func violate(_ text: String) {
    region.cluster.trace.note(region.cluster.now, "VIOLATION", text)
    violations.append(Violation(.streams, text))
  }
}
