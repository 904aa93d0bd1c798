import Messages

/// Replicas of tables in other regions. Each region keeps in its own catalog which regions have the table; whoever changes
/// that tells the others (``CatalogCommand/ensureReplica(_:createdAtMs:uniqueID:)``), as often as it takes.
extension Catalog {
  /// The table that has that unique id, in whichever region it was made.
  public func table(uniqueID: [UInt8]) -> Table? { tables.first { $0.uniqueID == uniqueID } }

  mutating func ensureReplica(
    _ definition: TableDefinition, _ createdAtMs: UInt64, _ uniqueID: [UInt8]
  ) -> CatalogOutcome {
    guard let position = tables.firstIndex(where: { $0.uniqueID == uniqueID }) else {
      return create(definition, createdAtMs, uniqueID, isNumbered: true)
    }
    guard let wanted = definition.replicas else { return .tableNotFound }
    let table = tables[position]
    guard table.status != .deleting, !table.replicas.contains(where: { $0.status == .left }) else {
      return .tableInUse(table.status)
    }
    let new = wanted.others.filter { region in !table.replicas.contains { $0.region == region } }
    if new.isEmpty { return .table(table) }
    return changeShards(position) {
      $0.definition.replicas = ReplicaRegions(
        own: wanted.own, others: ($0.definition.replicas?.others ?? []) + new)
      $0.followReplicas()
    }
  }

  /// A change of which every shard has to know.
  mutating func changeShards(_ position: Int, _ change: (inout Table) -> Void) -> CatalogOutcome {
    guard tables[position].status == .active else { return .tableInUse(tables[position].status) }
    change(&tables[position])
    tables[position].version += 1
    tables[position].settingsVersion = tables[position].version
    tables[position].status = .updating
    return .table(tables[position])
  }
}

extension Table {
  /// Replicas that the definition asks for and are not there are made, others go.
  ///
  /// - Parameters:
  ///   - old: before the change.
  ///   - atMs: when that was asked for, where it was here; else 0.
  mutating func followReplicas(since old: Table? = nil, atMs: UInt64 = 0) {
    let wanted = definition.replicas?.others ?? []
    for place in replicas.indices where !wanted.contains(replicas[place].region) {
      switch replicas[place].status {
      case .creating, .active:
        replicas[place].status = .draining
        replicas[place].addedAtMs = atMs
      case .failed: replicas[place].status = .deleting
      case .draining, .deleting, .left: break
      }
    }
    for region in wanted where !replicas.contains(where: { $0.region == region }) {
      replicas.append(TableReplica(region: region, status: .creating, addedAtMs: atMs))
    }
    // What is to go takes part until it has gone.
    let draining = replicas.filter { $0.status == .draining && !wanted.contains($0.region) }.map(\.region)
    guard !draining.isEmpty, let own = definition.replicas?.own ?? old?.definition.replicas?.own else { return }
    definition.replicas = ReplicaRegions(own: own, others: wanted + draining)
  }

  mutating func complete(_ region: String) -> Bool {
    guard let place = replicas.firstIndex(where: { $0.region == region && $0.status == .creating }) else {
      return false
    }
    replicas[place].status = .active
    return true
  }

  /// Its shards no longer keep anything for it.
  mutating func fail(_ region: String) -> Bool {
    guard status == .active,
      let place = replicas.firstIndex(where: { $0.region == region && $0.status == .creating })
    else { return false }
    replicas[place].status = .failed
    settingsVersion = version + 1
    status = .updating
    return true
  }

  mutating func forget(_ region: String) -> Bool {
    // The last of a table that goes from this region itself: all others know.
    if status == .deleting, definition.replicas?.own == region, !replicas.isEmpty {
      replicas = []
      return true
    }
    guard replicas.contains(where: { $0.region == region && $0.status == .deleting }) else { return false }
    replicas.removeAll { $0.region == region }
    return true
  }

  mutating func drop(_ region: String) {
    for place in replicas.indices where replicas[place].region == region { replicas[place].status = .left }
    definition.replicas?.others.removeAll { $0 == region }
    if definition.replicas?.others.isEmpty == true { definition.replicas = nil }
  }
}
