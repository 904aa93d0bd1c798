import Messages

extension Catalog {
  /// DynamoDB's default quota of tables in a region.
  public static let tablesMax = 2_500

  /// Applies one command; deterministic, the same on every replica.
  public mutating func apply(_ command: CatalogCommand) -> CatalogOutcome {
    let outcome = change(by: command)
    switch outcome {
    case .done, .table: version += 1
    default: break
    }
    return outcome
  }

  private mutating func change(by command: CatalogCommand) -> CatalogOutcome {
    switch command {
    case .initialise(let map):
      guard shardMap == nil else { return .alreadyInitialised }
      shardMap = map
      return .done
    case .createTable(let definition, let createdAtMs, let uniqueID):
      return create(definition, createdAtMs, uniqueID, isNumbered: true)
    case .createUnnumbered(let definition, let createdAtMs, let uniqueID):
      return create(definition, createdAtMs, uniqueID, isNumbered: false)
    case .activate(let id, let version): return changeTable(id) { Self.activate(&$0, version) }
    case .alterTable(let alteration): return alter(by: alteration)
    case .number(let id): return number(id)
    case .completeIndex(let index, let id): return changeTable(id) { Self.complete(index, &$0) }
    case .ensureReplica(let definition, let createdAtMs, let uniqueID):
      return ensureReplica(definition, createdAtMs, uniqueID)
    case .leaveReplica(let uniqueID, let region): return leaveReplica(uniqueID, region)
    case .useRelease(let release): return use(release)
    case .retireReplica(let uniqueID, let region): return retireReplica(uniqueID, region)
    case .abandonReplica(let uniqueID, let region): return abandonReplica(uniqueID, region)
    case .completeReplica(let region, let id): return changeTable(id) { $0.complete(region) }
    case .failReplica(let region, let id): return changeTable(id) { $0.fail(region) }
    case .forgetReplica(let region, let id): return changeTable(id) { $0.forget(region) }
    case .setResidency(let residency, let table): return setResidency(table, residency)
    case .adoptShared(let definition, let version, let uniqueID): return adopt(definition, version, uniqueID)
    case .completeShare(let version, let id): return changeTable(id) { $0.completeShare(version) }
    case .deleteTable(let name): return delete(name)
    case .forget(let id):
      guard let position = tables.firstIndex(where: { $0.id == id }) else { return .tableNotFound }
      return .table(tables.remove(at: position))
    case .changeMembers(let next): return changeMembers(next)
    }
  }

  private mutating func changeMembers(_ next: ClusterMembers) -> CatalogOutcome {
    guard shardMap != nil, next.version == (members?.version ?? 0) + 1 else { return .membersChanged }
    members = next
    for place in next.places where place.shard != .metadata { shardMap?.place(place.shard, on: place.nodes) }
    return .done
  }

  mutating func create(
    _ definition: TableDefinition, _ createdAtMs: UInt64, _ uniqueID: [UInt8], isNumbered: Bool
  ) -> CatalogOutcome {
    if let existing = table(named: definition.name) {
      // The same request once more.
      if existing.uniqueID == uniqueID { return .table(existing) }
      return existing.status == .creating || existing.status == .deleting
        ? .tableInUse(existing.status) : .tableExists
    }
    guard tables.count < Self.tablesMax else { return .tooManyTables }
    if let fault = residencyFault(definition) { return fault }
    var table = Table(
      id: takeTableID(), definition: definition, status: .creating, createdAtMs: createdAtMs, uniqueID: uniqueID,
      version: isNumbered ? 1 : 0, settingsVersion: isNumbered ? 1 : 0,
      streamStartedAtMs: definition.stream == nil ? nil : createdAtMs)
    // Without items there is nothing to fill an index with.
    if isNumbered { numberIndexes(of: &table, as: .active) }
    table.residency = residency(of: definition.name)
    table.replicas = (definition.replicas?.others ?? []).map {
      TableReplica(region: $0, status: .creating)
    }
    tables.insert(table, at: position(of: definition.name))
    return .table(table)
  }

  private mutating func takeTableID() -> TableID {
    defer { nextTableID += 1 }
    return TableID(nextTableID)
  }

  mutating func numberIndexes(of table: inout Table, as status: IndexStatus) {
    table.indexes = table.definition.indexes.map { definition in
      table.index(named: definition.name)
        ?? TableIndex(name: definition.name, id: takeTableID(), status: status)
    }
  }

  /// `body` returns false where the command comes too late.
  mutating func changeTable(_ id: TableID, _ body: (inout Table) -> Bool) -> CatalogOutcome {
    guard let position = tables.firstIndex(where: { $0.id == id }), body(&tables[position]) else {
      return .tableNotFound
    }
    tables[position].raiseVersion()
    return .table(tables[position])
  }

  private static func activate(_ table: inout Table, _ version: UInt64) -> Bool {
    guard table.status == .creating || table.status == .updating, table.settingsVersion == version else {
      return false
    }
    table.status = .active
    for index in table.indexes where index.status == .deleting {
      table.definition.indexes.removeAll { $0.name == index.name }
    }
    table.indexes.removeAll { $0.status == .deleting }
    table.replicas.removeAll { $0.status == .left }
    return true
  }

  private static func complete(_ index: TableID, _ table: inout Table) -> Bool {
    guard let position = table.indexes.firstIndex(where: { $0.id == index && $0.status == .creating }) else {
      return false
    }
    table.indexes[position].status = .active
    return true
  }

  private mutating func delete(_ name: String) -> CatalogOutcome {
    let position = self.position(of: name)
    guard position < tables.count, tables[position].name == name else { return .tableNotFound }
    guard tables[position].status == .active else { return .tableInUse(tables[position].status) }
    guard !tables[position].definition.deletionProtection else { return .deletionProtected }
    guard release > 0 || tables[position].replicas.isEmpty else { return .hasReplicas }
    guard !tables[position].indexes.contains(where: { $0.status == .creating }) else { return .indexesInUse }
    tables[position].status = .deleting
    tables[position].raiseVersion()
    return .table(tables[position])
  }
}

extension Table {
  /// A table that an earlier build made, and nothing altered since, stays at 0: a replica that applied the same entries
  /// with that build has it so.
  fileprivate mutating func raiseVersion() {
    if version > 0 { version += 1 }
  }
}
