import Messages

/// What all replicas of a table have in common: a change of it in one region reaches the others. Where two regions changed
/// it at once, the later change stays everywhere.
extension Catalog {
  mutating func adopt(_ definition: TableDefinition, _ version: ItemVersion, _ uniqueID: [UInt8]) -> CatalogOutcome {
    guard let position = tables.firstIndex(where: { $0.uniqueID == uniqueID }) else { return .tableNotFound }
    let old = tables[position]
    if let shared = old.shared, version <= shared { return .done }
    guard old.status == .active else { return .tableInUse(old.status) }
    var wanted = old.definition
    wanted.takeShared(from: definition)
    if let fault = residencyFault(wanted) { return fault }
    guard old.definition.leads(to: wanted) else { return dropContradictions(position, wanted) }
    var altered = old
    altered.definition = wanted
    altered.shared = version
    altered.isSharing = false
    if wanted.billingMode == .payPerRequest, old.definition.billingMode != .payPerRequest {
      altered.onDemandSinceMs = version.ms
    }
    return put(altered, at: position)
  }

  /// Two regions made different indexes of one name: the one that loses goes first. The asker asks again.
  private mutating func dropContradictions(_ position: Int, _ wanted: TableDefinition) -> CatalogOutcome {
    let held = tables[position].definition
    var altered = tables[position]
    altered.definition.indexes.removeAll { index in
      var (one, kept) = (held, wanted)
      one.indexes = [index]
      kept.indexes.removeAll { $0.name != index.name }
      return !one.leads(to: kept)
    }
    guard case .table = put(altered, at: position) else { return .tableInUse(tables[position].status) }
    version += 1
    return .tableInUse(tables[position].status)
  }
}

extension TableDefinition {
  /// Global indexes, time to live, class and how it is paid for. Tags, protection and recovery are each region's own.
  public mutating func takeShared(from other: TableDefinition) {
    attributes = other.attributes
    indexes = other.indexes
    timeToLive = other.timeToLive
    billingMode = other.billingMode
    tableClass = other.tableClass
    throughput = other.throughput
  }
}

extension Table {
  /// Notes that what replicas have in common was changed here.
  mutating func share(since old: Table, atMs: UInt64) {
    guard let own = definition.replicas?.own, !replicatedTo.isEmpty else { return }
    var same = old.definition
    same.takeShared(from: definition)
    guard same != old.definition else { return }
    shared = ItemVersion(time: ItemVersion.time(atMs: atMs, after: shared?.time ?? 0), region: own)
    isSharing = true
  }

  mutating func completeShare(_ version: ItemVersion) -> Bool {
    guard isSharing, shared == version else { return false }
    isSharing = false
    return true
  }
}
