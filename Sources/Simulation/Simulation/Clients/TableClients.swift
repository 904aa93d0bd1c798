import Catalog
import Coordinator
import Environment
import Items
import Messages
import Node

/// Makes a table, fills it, deletes it, and makes it again under the same name, for as long as the run lasts.
///
/// A table that was made is served and empty, what was written to it is there until it goes, and nothing is served of it
/// afterwards. In the end no node knows of it.
final class TableClients: SimulationCheck {
  private static let name = "comes-and-goes"
  private static let items = 4
  private static let triesMax = 3
  private static let pauseMax: UInt64 = 1_500_000_000
  /// An answer that took about as long as a call may says less: that what was asked for will come to be.
  private static let certainWithin = Span.seconds(9)
  /// Longer than any request is under way: one that stalls, and then strays.
  private static let lateWithin = Span.seconds(13)

  private let region: SimulatedRegion
  private var random: SeededRandom
  private var isRunning = false
  private var isBusy = false
  private var isOver = false
  /// When a table was last asked for or told to go, nil while neither is awaited.
  private var askedAt: Instant?
  private var healedAt: Instant?
  private var violations: [Violation] = []
  /// Every shard has said that it serves the table, and no earlier deletion can still come to it.
  private var isCertain = false
  /// When a deletion was last asked for whose outcome is unknown.
  private var lostDeletionAt: Instant?
  private var stored: Set<String> = []
  /// Tables made so far.
  private(set) var generation = 0

  init(_ region: SimulatedRegion, seed: UInt64) {
    self.region = region
    random = SeededRandom(seed: seed)
  }

  private var cluster: SimulatedCluster { region.cluster }

  // MARK: Check

  func begin() {
    isRunning = true
    pause()
  }

  func majorityIsHealed(broken: NodeID?) { healedAt = cluster.now }

  func faultsReturn() { healedAt = nil }

  func hasAnswered(before time: Instant) -> Bool { healedAt == nil || askedAt.map { $0 > time } ?? true }

  func stop() { isRunning = false }

  var isIdle: Bool { !isBusy && (!isOver || leftovers.isEmpty) }

  func finish() {
    isBusy = true
    isOver = true
    delete(nil)
  }

  func judge() -> [Violation] {
    for (id, names) in leftovers { violate("\(Process.node(id)) still has \(names) after its deletion") }
    return violations
  }

  /// What nodes still know of this table.
  private var leftovers: [(NodeID, names: [String])] {
    cluster.nodeIDs.compactMap { id in
      let names = cluster.node(id)?.catalog?.tables.map(\.name).filter { $0 == Self.name } ?? []
      return names.isEmpty ? nil : (id, names)
    }
  }

  // MARK: A table's life

  private func pause() {
    isBusy = false
    guard isRunning else { return }
    later(Span(nanoseconds: 1 + random.below(Self.pauseMax))) { [self] in
      guard isRunning else { return }
      isBusy = true
      generation += 1
      stored = []
      create()
    }
  }

  private func later(_ span: Span = .milliseconds(20), _ action: @escaping () -> Void) {
    cluster.schedule(after: span, action)
  }

  private func submit(_ call: Call, _ completion: @escaping (CallOutcome) -> Void) {
    cluster.submit(call, via: random.index(cluster.options.coordinators), completion)
  }

  private func create() {
    let asked = cluster.now
    askedAt = askedAt ?? asked
    var definition = SimulatedTable.definition
    definition.name = Self.name
    let unique = [UInt8](repeating: UInt8(truncatingIfNeeded: generation), count: 16)
    submit(.createTable(definition, createdAtMs: 0, uniqueID: unique)) { [self] outcome in
      switch outcome {
      case .catalog(.table(let table)):
        let mayGo = lostDeletionAt.map { asked.since($0) < Self.lateWithin } ?? false
        isCertain = !mayGo && cluster.now.since(asked) < Self.certainWithin
        made(table.id)
      // An earlier try, whose answer was lost.
      case .catalog(.tableExists), .catalog(.tableInUse(.active)), .catalog(.tableInUse(.creating)):
        isCertain = false
        delete(nil)
      case .catalog(.tableInUse), .failed: later { [self] in create() }
      default: violate("a table was answered with \(outcome)")
      }
    }
  }

  private func made(_ table: TableID) {
    answered("creation")
    scan(table, tries: Self.triesMax) { [self] page in
      if page.scannedCount != 0 { violate("table \(generation) begins with \(page.scannedCount) items") }
    } then: { [self] in
      fill(table, 0)
    }
  }

  private func fill(_ table: TableID, _ number: Int) {
    guard number < Self.items else { return look(table) }
    let key = "t\(number)"
    let row = SimulatedTable(id: table).row(key)
    let item = SimulatedTable.item(key, generation * SimulatedTable.step, bodyBytes: 20)
    submit(.write(ItemWrite(key: row, action: .put(item)))) { [self] outcome in
      switch outcome {
      case .written: stored.insert(key)
      case .failed(.unknownTable) where isCertain: violate("table \(generation) is not served after it was made")
      default: break
      }
      fill(table, number + 1)
    }
  }

  private func look(_ table: TableID) {
    scan(table, tries: Self.triesMax) { [self] page in
      var found: Set<String> = []
      for item in page.items {
        guard case .string(let text)? = try? item.value(named: Array("PK".utf8)),
          (try? SimulatedTable.value(of: item)) == generation * SimulatedTable.step
        else { return violate("table \(generation) holds an item of another") }
        found.insert(String(decoding: text, as: UTF8.self))
      }
      if !stored.isSubset(of: found) { violate("table \(generation) has lost items") }
    } then: { [self] in
      delete(table)
    }
  }

  private func scan(
    _ table: TableID, tries: Int, _ found: @escaping (RangePage) -> Void, then: @escaping () -> Void
  ) {
    let all = RangeRead(
      lower: RowKey(table: table, hash: 0), upper: RowKey(table: TableID(table.rawValue + 1), hash: 0), consistent: true
    )
    submit(.scan(all)) { [self] outcome in
      switch outcome {
      case .page(let page):
        found(page)
        then()
      case .failed(.unknownTable) where isCertain:
        violate("table \(generation) is not served after it was made")
        then()
      default:
        guard tries > 1 else { return then() }
        later { [self] in scan(table, tries: tries - 1, found, then: then) }
      }
    }
  }

  /// - Parameter table: nil where its number is not known.
  private func delete(_ table: TableID?) {
    let asked = cluster.now
    askedAt = askedAt ?? asked
    submit(.deleteTable(name: Self.name)) { [self] outcome in
      switch outcome {
      case .catalog(.table), .catalog(.tableNotFound):
        answered("deletion")
        guard let table, case .catalog(.table) = outcome, cluster.now.since(asked) < Self.certainWithin else {
          return pause()
        }
        disturb(table)
      case .failed(let failure):
        if case .outcomeUnknown = failure { lostDeletionAt = asked }
        later { [self] in delete(table) }
      case .catalog(.tableInUse): later { [self] in delete(table) }
      default: violate("a deletion was answered with \(outcome)")
      }
    }
  }

  /// Nobody may write to a table that is gone.
  private func disturb(_ table: TableID) {
    let item = SimulatedTable.item("t0", SimulatedTable.step, bodyBytes: 0)
    submit(.write(ItemWrite(key: SimulatedTable(id: table).row("t0"), action: .put(item)))) { [self] outcome in
      if case .written = outcome { violate("table \(generation) takes a write after it was deleted") }
      pause()
    }
  }

  // MARK: Verdicts

  private func answered(_ what: String) {
    defer { askedAt = nil }
    guard let healedAt, let askedAt else { return }
    let took = cluster.now.since(max(askedAt, healedAt))
    guard took > SimulatedRegion.patience else { return }
    violate("a table's \(what) took \(took.nanoseconds / 1_000_000) ms with a majority whole", .liveness)
  }

  private func violate(_ text: String, _ kind: Violation.Kind = .tables) {
    cluster.trace.note(cluster.now, "VIOLATION", text)
    violations.append(Violation(kind, text))
  }
}
