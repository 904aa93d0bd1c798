import Catalog
import Coordinator
import Environment
import History
import Items
import Messages

/// Clients that put, put on condition, add, delete, read and scan a few registers over all shards, and write down what they
/// asked and were told.
///
/// Operations begin at a rate, whatever became of earlier ones, as long as a client is free. Each value is put once.
final class RegisterClients {
  /// Clients with an operation under way at once: outcomes that stay unknown are what a search for an order is long for.
  static let clientsMax = 12

  let keys: [String]
  /// Every operation that may have had an effect or was told something.
  private(set) var entries: [Entry] = []
  private(set) var violations: [Violation] = []
  private let cluster: SimulatedCluster
  private let table: SimulatedTable
  private let faults: FaultDriver
  private let gap: Span
  private var random: SeededRandom
  private var free: [Client]
  /// When what is under way was asked for, in no order.
  private var underWay: [Instant] = []
  private var isRunning = false
  private var healedAt: Instant?
  private var puts = 0
  private var clients = 0
  /// The value of each key that was heard of last.
  private var heard: [Int?]
  private let bodyBytesMax: UInt64

  struct Entry {
    var history: HistoryEntry
    var router: Int
    /// Dropped: it had no effect and told nothing.
    var isVoid = false
  }

  private struct Client {
    var name: String
    var router: Int
  }

  init(_ region: SimulatedRegion, seed: UInt64) {
    cluster = region.cluster
    table = region.table
    faults = region.faults
    var random = SeededRandom(seed: seed)
    gap = Span(nanoseconds: 2_000_000_000 / region.rate)
    keys = Self.keys(region, count: 4 + Int(random.below(9)))
    bodyBytesMax = [16, 200, 3_000][Int(random.below(3))]
    heard = Array(repeating: nil, count: keys.count)
    free = []
    self.random = random
    for _ in 0..<Self.clientsMax { free.append(newClient()) }
  }

  /// Names that fall on every shard, and some more.
  private static func keys(_ region: SimulatedRegion, count: Int) -> [String] {
    let options = region.cluster.options
    let map = ShardMap.initial(shards: options.shards, nodes: region.cluster.nodeIDs, replication: options.replication)
    var missing = map.shards.map(\.id)
    var keys: [String] = []
    var number = 0
    while !missing.isEmpty || keys.count < count {
      let key = "k\(number)"
      number += 1
      let shard = map.shard(for: region.table.row(key).hash).id
      if keys.count < count - missing.count || missing.contains(shard) {
        keys.append(key)
        missing.removeAll { $0 == shard }
      }
    }
    return keys
  }

  private func newClient() -> Client {
    defer { clients += 1 }
    return Client(name: "c\(clients)", router: clients % cluster.options.coordinators)
  }

  // MARK: Operations

  private func next() {
    guard isRunning else { return }
    cluster.schedule(after: Span(nanoseconds: 1 + random.below(gap.nanoseconds))) { [self] in next() }
    guard !free.isEmpty else { return }
    let client = free.remove(at: Int(random.below(UInt64(free.count))))
    let key = Int(random.below(UInt64(keys.count)))
    switch random.below(100) {
    case ..<30: read(client, key)
    case ..<52: put(client, key)
    case ..<70: putIf(client, key)
    case ..<88: add(client, key)
    case ..<97: delete(client, key)
    default: scan(client)
    }
  }

  private func read(_ client: Client, _ key: Int) {
    begin(client, .get, key, .get(table.row(keys[key]), consistent: true)) { [self] place, outcome in
      guard case .item(let item) = outcome else { return failed(place, outcome) }
      ended(place, .value(value(of: item, key)))
    }
  }

  private func nextValue() -> Int {
    puts += 1
    return puts * SimulatedTable.step
  }

  private func body() -> Int { Int(random.below(random.chance(1, in: 8) ? 8 * bodyBytesMax : bodyBytesMax)) }

  private func put(_ client: Client, _ key: Int) {
    let value = nextValue()
    let item = SimulatedTable.item(keys[key], value, bodyBytes: body())
    let write = ItemWrite(key: table.row(keys[key]), action: .put(item))
    begin(client, .put(.number(Int64(value))), key, .write(write)) { [self] place, outcome in
      guard case .written = outcome else { return failed(place, outcome) }
      heard[key] = value
      ended(place, .none)
    }
  }

  /// Puts where the value is still the one that was heard of last. A condition that does not hold may tell the item.
  private func putIf(_ client: Client, _ key: Int) {
    let value = nextValue()
    let expected = heard[key]
    let item = SimulatedTable.item(keys[key], value, bodyBytes: body())
    let condition = expected.map { SimulatedTable.holds($0) } ?? SimulatedTable.isAbsent
    let tells = random.chance(1, in: 2)
    let write = ItemWrite(
      key: table.row(keys[key]), action: .put(item), condition: condition, returns: tells ? .onConditionFailure : [])
    let operation = HistoryOperation.putIf(expected: expected.map { .number(Int64($0)) }, .number(Int64(value)))
    begin(client, operation, key, .write(write)) { [self] place, outcome in
      switch outcome {
      case .written:
        heard[key] = value
        ended(place, .applied(true))
      case .conditionFailed(let old, _) where tells:
        // Says more than that the condition did not hold: what the register was.
        let found = self.value(of: old, key)
        if found == expected.map({ .number(Int64($0)) }) {
          violate("a condition failed against the very value that it asks for: \(expected.map { "\($0)" } ?? "none")")
        }
        entries[place].history.operation = .get
        ended(place, .value(found))
      case .conditionFailed:
        heard[key] = nil
        ended(place, .applied(false))
      default: failed(place, outcome)
      }
    }
  }

  private func add(_ client: Client, _ key: Int) {
    let write = ItemWrite(
      key: table.row(keys[key]),
      action: .update(SimulatedTable.addOne, key: SimulatedTable.keyItem(keys[key])), returns: [.new])
    begin(client, .add(1), key, .write(write)) { [self] place, outcome in
      guard case .written(let written) = outcome else { return failed(place, outcome) }
      ended(place, .value(value(of: written.new, key)))
    }
  }

  private func delete(_ client: Client, _ key: Int) {
    begin(client, .delete, key, .write(ItemWrite(key: table.row(keys[key]), action: .delete))) {
      [self] place, outcome in
      guard case .written = outcome else { return failed(place, outcome) }
      heard[key] = nil
      ended(place, .none)
    }
  }

  /// A scan reads each register once: to its history that is one read of each.
  private func scan(_ client: Client) {
    let all = RangeRead(
      lower: RowKey(table: table.id, hash: 0), upper: RowKey(table: TableID(table.id.rawValue + 1), hash: 0),
      consistent: true)
    let invoked = time
    let asked = cluster.now
    underWay.append(asked)
    cluster.submit(.scan(all), via: client.router) { [self] outcome in
      answered(asked)
      free.append(client)
      guard case .page(let page) = outcome else {
        if let healedAt, invoked >= Int64(healedAt.nanoseconds) { violate("a scan failed: \(outcome)", .liveness) }
        return
      }
      if page.last == nil { scanned(page, client, invoked) }
    }
  }

  private func scanned(_ page: RangePage, _ client: Client, _ invoked: Int64) {
    var found: [String: EncodedItem] = [:]
    for item in page.items {
      guard case .string(let text)? = try? item.value(named: Array("PK".utf8)) else { continue }
      if found.updateValue(item, forKey: String(decoding: text, as: UTF8.self)) != nil {
        violate("a scan shows an item twice", .linearizability)
      }
    }
    for (key, name) in keys.enumerated() {
      let value = value(of: found[name], key)
      let entry = HistoryEntry(
        client: client.name, .get, keys: [name], output: .value(value), invoked: invoked, returned: time, outcome: .ok)
      entries.append(Entry(history: entry, router: client.router))
    }
  }

  // MARK: History

  private var time: Int64 { Int64(cluster.now.nanoseconds) }

  private func begin(
    _ client: Client, _ operation: HistoryOperation, _ key: Int, _ call: Call,
    _ completion: @escaping (_ place: Int, CallOutcome) -> Void
  ) {
    let place = entries.count
    let entry = HistoryEntry(
      client: client.name, operation, keys: [keys[key]], invoked: time, returned: nil, outcome: .unknown)
    entries.append(Entry(history: entry, router: client.router))
    let asked = cluster.now
    underWay.append(asked)
    cluster.trace.note(
      cluster.now, client.name, "\(operation.short) \(keys[key]) by \(Process.coordinator(client.router))")
    submit(call, client, since: asked) { [self] outcome in
      answered(asked)
      completion(place, outcome)
      let entry = entries[place]
      cluster.trace.note(cluster.now, client.name, "→ \(entry.isVoid ? "refused" : entry.history.answer)")
      // After an unknown outcome a client goes on under another name.
      free.append(entry.history.outcome == .unknown && !entry.isVoid ? newClient() : client)
    }
  }

  private func answered(_ asked: Instant) {
    guard let place = underWay.firstIndex(of: asked) else { fatalError("An answer to nothing.") }
    underWay.remove(at: place)
  }

  /// What is refused for now, without an effect, is asked for again, as SDKs do with throttled requests.
  private func submit(
    _ call: Call, _ client: Client, since: Instant, _ completion: @escaping (CallOutcome) -> Void
  ) {
    cluster.submit(call, via: client.router) { [self] outcome in
      guard case .failed(.overloaded) = outcome, cluster.now.since(since) < SimulatedRegion.patience else {
        return completion(outcome)
      }
      cluster.schedule(after: .milliseconds(50)) { [self] in submit(call, client, since: since, completion) }
    }
  }

  private func ended(_ place: Int, _ output: HistoryOutput) {
    entries[place].history.outcome = .ok
    entries[place].history.output = output
    entries[place].history.returned = time
    cluster.trace.fold(cluster.now, UInt64(place), 1)
    guard let healedAt else { return }
    let begun = max(entries[place].history.invoked, Int64(healedAt.nanoseconds))
    if time - begun > Int64(SimulatedRegion.patience.nanoseconds) {
      violate("an operation took \((time - begun) / 1_000_000) ms with a majority whole", .liveness)
    }
  }

  private func failed(_ place: Int, _ outcome: CallOutcome) {
    cluster.trace.fold(cluster.now, UInt64(place), 2)
    switch outcome {
    case .failed(.outcomeUnknown): entries[place].isVoid = entries[place].history.operation == .get
    case .failed:
      entries[place].history.outcome = .fail
      entries[place].history.returned = time
      entries[place].isVoid = entries[place].history.operation == .get
    default: violate("an operation was answered with something else: \(outcome)", .linearizability)
    }
    guard let healedAt, entries[place].history.invoked >= Int64(healedAt.nanoseconds) else { return }
    // Wall clocks that are far apart let a shard's logical time pass a change that is being sent again: the documented
    // price of forgetting operation ids.
    if case .failed(.outcomeUnknown) = outcome, faults.haveWallClocksJumpedFar { return }
    violate("with a majority whole, \(entries[place].history.operation.short) failed: \(outcome)", .liveness)
  }

  private func value(of item: EncodedItem?, _ key: Int) -> HistoryValue? {
    do throws(SimulatedTable.MixedItem) {
      let value = try SimulatedTable.value(of: item)
      heard[key] = value
      return value.map { .number(Int64($0)) }
    } catch {
      violate("an item of \(keys[key]) is none that anybody wrote", .linearizability)
      return nil
    }
  }

  private func violate(_ text: String, _ kind: Violation.Kind = .linearizability) {
    cluster.trace.note(cluster.now, "VIOLATION", text)
    violations.append(Violation(kind, text))
  }
}

extension RegisterClients: SimulationCheck {
  func begin() {
    isRunning = true
    next()
  }

  func majorityIsHealed(broken: NodeID?) { healedAt = cluster.now }

  func faultsReturn() { healedAt = nil }

  func hasAnswered(before time: Instant) -> Bool { underWay.allSatisfy { $0 > time } }

  func stop() { isRunning = false }

  var isIdle: Bool { underWay.isEmpty }

  /// Whatever was acknowledged is in the last reads, by every coordinator.
  func finish() {
    for key in keys.indices {
      for router in 0..<cluster.options.coordinators { read(Client(name: "last\(router)", router: router), key) }
    }
  }

  func judge() -> [Violation] {
    let history = entries.filter { !$0.isVoid }.map(\.history)
    var violations = violations
    do throws(HistoryError) {
      let verdict = try LinearizabilityChecker().check(history)
      if !verdict.isLinearizable { violations.append(Violation(.linearizability, "\(verdict)")) }
    } catch {
      violations.append(Violation(.linearizability, "the history cannot be judged: \(error)"))
    }
    return violations
  }
}

extension HistoryOperation {
  fileprivate var short: String {
    switch self {
    case .put(let value): "put \(value)"
    case .putIf(let expected, let value): "put \(value) if \(expected.map(\.description) ?? "none")"
    case .add(let amount): "add \(amount)"
    case .delete: "delete"
    case .get: "get"
    }
  }
}

extension HistoryEntry {
  fileprivate var answer: String {
    switch (outcome, output) {
    case (.ok, .none): "ok"
    case (.ok, .applied(let isApplied)): isApplied ? "ok" : "condition false"
    case (.ok, .value(let value)): value.map(\.description) ?? "none"
    case (.fail, _): "failed"
    case (.unknown, _): "unknown"
    }
  }
}
