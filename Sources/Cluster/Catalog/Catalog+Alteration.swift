import Messages

/// Changes of tables that exist. What shards must know makes the table `updating` until all have followed; only one such
/// change is under way at a time.
extension Catalog {
  mutating func alter(by alteration: TableAlteration) -> CatalogOutcome {
    guard let position = tables.firstIndex(where: { $0.id == alteration.id }) else { return .tableNotFound }
    let old = tables[position]
    guard old.status == .active || old.status == .updating else { return .tableInUse(old.status) }
    guard old.version == alteration.version, old.definition.leads(to: alteration.definition) else {
      return .tableChanged
    }
    if let fault = residencyFault(alteration.definition) { return fault }
    var altered = old
    altered.residency = residency(of: old.name)
    altered.definition = alteration.definition
    if altered.definition.stream != old.definition.stream, let open = old.openStream {
      altered.close(open, atMs: alteration.atMs)
    }
    if altered.definition.stream != old.definition.stream, altered.definition.stream != nil {
      altered.streamStartedAtMs = max(alteration.atMs, (old.streamStartedAtMs ?? 0) + 1)
    }
    if altered.definition.billingMode == .payPerRequest, old.definition.billingMode != .payPerRequest {
      altered.onDemandSinceMs = alteration.atMs
    }
    if release > 0 {
      altered.followReplicas(since: old, atMs: alteration.atMs)
      altered.share(since: old, atMs: alteration.atMs)
    } else {
      altered.followReplicasAtOnce()
    }
    return put(altered, at: position)
  }

  /// Puts a changed table in place of what it was; its shards are told where that concerns them.
  mutating func put(_ changed: Table, at position: Int) -> CatalogOutcome {
    let old = tables[position]
    var altered = changed
    let nextID = nextTableID
    changeIndexes(of: &altered, from: old)
    altered.version += 1
    if altered.settings != old.settings || altered.indexes != old.indexes {
      guard old.status == .active else {
        nextTableID = nextID
        return .tableInUse(old.status)
      }
      altered.status = .updating
      altered.settingsVersion = altered.version
    }
    tables[position] = altered
    return .table(altered)
  }

  /// Those that are gone from the definition keep it until no shard serves them.
  private mutating func changeIndexes(of altered: inout Table, from old: Table) {
    for (place, definition) in old.definition.indexes.enumerated()
    where !altered.definition.indexes.contains(where: { $0.name == definition.name }) {
      guard let position = altered.indexes.firstIndex(where: { $0.name == definition.name }) else { continue }
      altered.definition.indexes.insert(definition, at: min(place, altered.definition.indexes.count))
      altered.indexes[position].status = .deleting
    }
    numberIndexes(of: &altered, as: .creating)
  }

  /// An earlier build stored indexes and streams of which its shards know nothing.
  public static func needsNumbering(_ table: Table) -> Bool {
    table.status == .active && table.settingsVersion == 0
      && !(table.definition.indexes.isEmpty && table.definition.stream == nil)
  }

  mutating func number(_ id: TableID) -> CatalogOutcome {
    guard let position = tables.firstIndex(where: { $0.id == id }), Self.needsNumbering(tables[position]) else {
      return .tableNotFound
    }
    var table = tables[position]
    numberIndexes(of: &table, as: .creating)
    table.version += 1
    table.settingsVersion = table.version
    table.status = .updating
    tables[position] = table
    return .table(table)
  }
}

extension Table {
  fileprivate mutating func close(_ stream: StreamSettings, atMs: UInt64) {
    closedStreams.removeAll { !$0.isShown(atMs: atMs) }
    closedStreams.append(ClosedStream(stream: stream, closedAtMs: atMs))
    if closedStreams.count > ClosedStream.countMax { closedStreams.removeFirst() }
  }
}

extension TableDefinition {
  /// Whether a table can become the other: its key stays, and an index of the same name is the same index.
  func leads(to other: TableDefinition) -> Bool {
    name == other.name && key == other.key
      && indexes.allSatisfy { index in
        guard var same = other.indexes.first(where: { $0.name == index.name }) else { return true }
        same.throughput = index.throughput
        return same == index
      }
  }
}
