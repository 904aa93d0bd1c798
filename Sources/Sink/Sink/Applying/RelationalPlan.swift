/// What a plan has to know of the database.
protocol RelationalState {
  /// Which of the keys the table has.
  func existing(_ table: Int, _ keys: [[UInt8]]) throws -> Set<[UInt8]>
  /// The parked rows that wait for one of these rows.
  func parked(waitingFor table: Int, _ keys: [[UInt8]]) throws -> [MappedRow]
  /// The rows of `table` whose foreign key is one of these.
  func referring(_ table: Int, foreignKey: Int, _ keys: [[UInt8]]) throws -> [MappedRow]
}

/// The name of a row: its table and its key.
struct RowName: Hashable, Sendable {
  var table: Int
  var key: [UInt8]
}

/// A row that cannot be there yet, and the parent that it waits for.
struct ParkedRow: Hashable, Sendable {
  var row: MappedRow
  var waitingFor: RowName
}

/// The changes to the mapped tables that one transaction makes, so that every foreign key holds at its end.
///
/// The rule: a row is there exactly if an item maps to it and all its parents are there; every other row of an item is
/// parked. A row that comes brings the parked ones that wait for it, and one that goes parks those that refer to it.
/// Tables are gone through parents first, so that each is settled before its children ask.
struct RelationalPlan {
  /// Rows to write, by table.
  private(set) var upserts: [[[UInt8]: MappedRow]]
  /// Keys to delete, by table; some may not be there.
  private(set) var deletes: [Set<[UInt8]>]
  private(set) var parked: [ParkedRow] = []
  /// Rows that are parked no more, or are no more.
  private(set) var unparked: Set<RowName> = []
  /// The parked rows that have found all their parents.
  var unparkedRows: Int { woken.count { upserts[$0.table][$0.key] != nil } }

  private var woken: Set<RowName> = []
  private let schema: TargetSchema
  private var candidates: [[[UInt8]: MappedRow]]
  private let gone: [Set<[UInt8]>]

  /// - Parameters:
  ///   - rows: what items are now; of two with one name the later counts.
  ///   - removals: rows that no item maps to any more, unless one of `rows` does.
  ///   - unparks: whether waiting rows follow their parents.
  init<State: RelationalState>(
    _ schema: TargetSchema, rows: [MappedRow], removals: [RowName], unparks: Bool = true, state: State
  ) throws {
    self.schema = schema
    candidates = Array(repeating: [:], count: schema.tables.count)
    upserts = candidates
    for row in rows { candidates[row.table][row.key] = row }
    var gone: [Set<[UInt8]>] = Array(repeating: [], count: schema.tables.count)
    for name in removals where candidates[name.table][name.key] == nil { gone[name.table].insert(name.key) }
    self.gone = gone
    deletes = gone
    for row in rows { unparked.insert(RowName(table: row.table, key: row.key)) }
    for name in removals { unparked.insert(name) }
    for table in schema.tables.indices { try settle(table, unparks, state) }
  }

  private mutating func settle<State: RelationalState>(_ table: Int, _ unparks: Bool, _ state: State) throws {
    try place(table, state)
    if !deletes[table].isEmpty { try displaceChildren(of: table, state) }
    if unparks, !upserts[table].isEmpty, !schema.children[table].isEmpty { try unparkChildren(of: table, state) }
  }

  /// Decides for each row of the table whether its parents are there.
  private mutating func place<State: RelationalState>(_ table: Int, _ state: State) throws {
    let foreignKeys = schema.tables[table].foreignKeys
    var present: [Set<[UInt8]>] = []
    for foreignKey in foreignKeys { present.append(try parents(of: table, foreignKey, state)) }
    // In the order of keys: the same batch makes the same plan.
    for (key, row) in candidates[table].sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      let missing = zip(foreignKeys, present).first { foreignKey, present in
        row.parent(foreignKey).map { !present.contains($0) } ?? false
      }
      if let foreignKey = missing?.0 {
        parked.append(
          ParkedRow(row: row, waitingFor: RowName(table: foreignKey.parent, key: row.parent(foreignKey)!)))
        deletes[table].insert(key)
      } else {
        upserts[table][key] = row
      }
    }
  }

  /// The parents that the candidates ask for and that will be there.
  private func parents<State: RelationalState>(
    of table: Int, _ foreignKey: TargetSchema.ForeignKey, _ state: State
  ) throws -> Set<[UInt8]> {
    let wanted = Set(candidates[table].values.compactMap { $0.parent(foreignKey) })
    let coming = wanted.filter { upserts[foreignKey.parent][$0] != nil }
    let asked = wanted.filter { !coming.contains($0) && !deletes[foreignKey.parent].contains($0) }
    guard !asked.isEmpty else { return coming }
    return coming.union(try state.existing(foreignKey.parent, asked.inOrder))
  }

  /// Rows that refer to what goes from `table` become candidates, and will find their parent missing.
  private mutating func displaceChildren<State: RelationalState>(of table: Int, _ state: State) throws {
    for child in schema.children[table] {
      let rows = try state.referring(child.table, foreignKey: child.foreignKey, deletes[table].inOrder)
      for row in rows { addCandidate(row) }
    }
  }

  private mutating func unparkChildren<State: RelationalState>(of table: Int, _ state: State) throws {
    for row in try state.parked(waitingFor: table, upserts[table].keys.inOrder) {
      guard addCandidate(row) else { continue }
      woken.insert(RowName(table: row.table, key: row.key))
      unparked.insert(RowName(table: row.table, key: row.key))
    }
  }

  /// What the batch itself says of a row counts more than what the database has of it.
  @discardableResult private mutating func addCandidate(_ row: MappedRow) -> Bool {
    guard candidates[row.table][row.key] == nil, !gone[row.table].contains(row.key) else { return false }
    candidates[row.table][row.key] = row
    return true
  }

  var isEmpty: Bool { upserts.allSatisfy(\.isEmpty) && deletes.allSatisfy(\.isEmpty) && parked.isEmpty }

  /// The tables that nobody else may add rows to until this plan is carried out: parents that a row waits for.
  var exclusiveTables: Set<Int> { Set(parked.map(\.waitingFor.table)) }
}

extension Sequence<[UInt8]> {
  /// Ascending by bytes, so that two transactions lock rows in one order.
  var inOrder: [[UInt8]] { sorted { $0.lexicographicallyPrecedes($1) } }
}
