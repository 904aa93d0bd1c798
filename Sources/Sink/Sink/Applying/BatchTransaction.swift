internal import Items

/// One transaction of an ``Applier``: reads what the database knows of the batch's items, decides, writes.
struct BatchTransaction {
  let applier: Applier
  let place: BatchPlace
  let entries: ArraySlice<BatchEntry>
  let mode: Applier.Mode
  let refusal: PostgresError?
  let connection: Connection

  private var outcome: ApplyOutcome
  private var generation = 0
  private var states: [[UInt8]: MirrorState] = [:]
  private var letters: [DeadLetter] = []
  private var mirrorRows: [MirrorRow] = []
  private var deletions: [ItemChange] = []
  private var rows: [MappedRow] = []
  private var removals: [RowName] = []
  private var recovered: [[UInt8]] = []

  init(
    applier: Applier, place: BatchPlace, entries: ArraySlice<BatchEntry>, mode: Applier.Mode, refusal: PostgresError?,
    connection: Connection
  ) {
    self.applier = applier
    self.place = place
    self.entries = entries
    self.mode = mode
    self.refusal = refusal
    self.connection = connection
    outcome = ApplyOutcome(tables: applier.schema.tables.count)
  }

  private var schema: TargetSchema { applier.schema }
  private var table: String { applier.shape.name }

  /// - Parameter exclusive: the parent tables whose locks it takes alone.
  mutating func run(exclusive: Set<Int>) throws -> ApplyOutcome {
    let newest = newestChanges()
    try open(ids: newest.map(\.identity.id))
    for entry in entries {
      if case .letter(let letter) = entry { letters.append(letter) }
    }
    for change in newest { decide(change) }
    var statements = mirrorStatements()
    statements += try relationalStatements(exclusive)
    let auditIndex = statements.count
    statements += auditStatements()
    statements += letters.map {
      LetterStatements.insert($0, table: table, stream: place.stream, shard: place.shard)
    }
    let answers = try connection.pipeline(statements + [.commit])
    outcome.records = entries.count
    outcome.letters = letters.count
    if auditIndex < statements.count, !auditRows.isEmpty { outcome.audited = answers[auditIndex].affected }
    return outcome
  }

  /// The last change of each item, in the batch's order.
  private mutating func newestChanges() -> [ItemChange] {
    guard mode != .lettersOnly else { return changes }
    var last: [[UInt8]: Int] = [:]
    let changes = changes
    for (index, change) in changes.enumerated() { last[change.identity.id] = index }
    outcome.stale += changes.count - last.count
    return changes.enumerated().filter { last[$1.identity.id] == $0 }.map { $1 }
  }

  private var changes: [ItemChange] {
    entries.compactMap { entry in if case .change(let change) = entry { change } else { nil } }
  }

  private var auditRows: [AuditRow] { mode == .lettersOnly ? [] : changes.compactMap(\.audit) }

  /// Begins, moves the checkpoint if the lease still holds, and reads what the mirror knows of the items.
  private mutating func open(ids: [[UInt8]]) throws {
    let answers = try connection.pipeline([
      .begin,
      Statement("SELECT pg_advisory_xact_lock_shared(\(TableProgress.generationLock), hashtext($1))", [.text(table)]),
      place.fence(entries),
      Statement("SELECT generation FROM gantry_tables WHERE table_name = $1", [.text(table)]),
      MirrorStatements.states(ids),
    ])
    guard answers[2].affected == 1 else { throw LeaseLost() }
    guard answers[3].count == 1 else { throw SinkError("the table \(table) is not registered in gantry_tables") }
    generation = answers[3].integer(0, 0)!
    states = MirrorStatements.states(answers[4], of: ids)
  }

  private mutating func decide(_ change: ItemChange) {
    let state = states[change.identity.id] ?? MirrorState()
    let version = ItemVersion(generation: generation, sequence: change.sequence)
    if mode == .lettersOnly {
      letters.append(DeadLetter(change, reason: refusal?.description ?? ""))
      return
    }
    if let known = state.version, place.repeats ? known.sequence != change.sequence : known >= version {
      outcome.stale += 1
      return
    }
    let old = state.mappedTable.flatMap { schema.index(of: $0) }.flatMap { table in
      state.mappedKey.map { RowName(table: table, key: $0) }
    }
    guard let image = change.image else {
      deletions.append(change)
      if let old, mode >= .withoutRows {
        letters.append(DeadLetter(change, table: schema.tables[old.table].name, reason: refusal?.description ?? ""))
      } else if let old {
        removals.append(old)
      }
      if state.hasDeadLetter { recovered.append(change.identity.id) }
      return
    }
    var row = MirrorRow(
      change: change, mappedTable: state.mappedTable, mappedKey: state.mappedKey, hasDeadLetter: false)
    map(image, of: &row, old)
    if state.hasDeadLetter, !row.hasDeadLetter { recovered.append(change.identity.id) }
    mirrorRows.append(row)
  }

  /// What the item is to the mapped tables now, and which row it was before.
  private mutating func map(_ image: AttributeMap, of row: inout MirrorRow, _ old: RowName?) {
    let outcome = schema.map(image, of: applier.shape)
    switch outcome {
    case .unmapped:
      if let old { removals.append(old) }
      (row.mappedTable, row.mappedKey) = (nil, nil)
    case .fault(let table, let reason): bury(&row, table, reason)
    case .row(let mapped):
      if mode >= .withoutRows { return bury(&row, mapped.table, refusal?.description ?? "") }
      let name = RowName(table: mapped.table, key: mapped.key)
      if let old, old != name { removals.append(old) }
      rows.append(mapped)
      (row.mappedTable, row.mappedKey) = (schema.tables[mapped.table].name, mapped.key)
    }
  }

  /// The row that the item was before stays: it is the last that could be told.
  private mutating func bury(_ row: inout MirrorRow, _ table: Int, _ reason: String) {
    row.hasDeadLetter = true
    letters.append(DeadLetter(row.change, table: schema.tables[table].name, reason: reason))
  }

  // MARK: Statements

  private mutating func mirrorStatements() -> [Statement] {
    outcome.mirrored = mirrorRows.count
    outcome.deleted = deletions.count
    var statements: [Statement] = []
    if !mirrorRows.isEmpty {
      statements.append(MirrorStatements.upsert(mirrorRows, table: table, generation: generation))
    }
    if !deletions.isEmpty {
      statements += MirrorStatements.delete(deletions, table: table, generation: generation)
    }
    if !recovered.isEmpty { statements.append(LetterStatements.delete(recovered)) }
    return statements
  }

  private mutating func relationalStatements(_ exclusive: Set<Int>) throws -> [Statement] {
    guard !rows.isEmpty || !removals.isEmpty else { return [] }
    let locks = RelationalPlan.locks(schema, exclusive: exclusive)
    if !locks.isEmpty { _ = try connection.pipeline(locks) }
    let plan = try RelationalPlan(
      schema, rows: rows, removals: removals, unparks: mode == .whole,
      state: DatabaseState(connection: connection, schema: schema))
    let missing = plan.exclusiveTables.subtracting(exclusive)
    guard missing.isEmpty else { throw NeedsLocks(tables: missing) }
    for index in schema.tables.indices { outcome.rows[index] = plan.upserts[index].count + plan.deletes[index].count }
    outcome.parked = plan.parked.count
    outcome.unparked = plan.unparkedRows
    return plan.statements(schema)
  }

  private func auditStatements() -> [Statement] {
    let rows = auditRows
    return rows.isEmpty ? [] : [AuditRow.insert(rows, table: table)]
  }
}
