/// Residency rules come from the settings of the nodes: whoever leads the metadata group puts them into the catalog, and
/// with it into the settings of the shards, so that what a shard refuses or keeps depends on its log alone.
extension Catalog {
  public func residency(of table: String) -> Residency? {
    residencies.first { $0.table == table }?.residency
  }

  /// Whether a table has other rules than the catalog has for its name, and could have those.
  public func awaitsResidency(_ table: Table) -> Bool {
    let wanted = residency(of: table.name)
    return table.residency != wanted && wanted?.fault(with: table.definition) == nil
  }

  mutating func setResidency(_ name: String, _ residency: Residency?) -> CatalogOutcome {
    residencies.removeAll { $0.table == name }
    if let residency {
      let place =
        residencies.firstIndex { name.utf8.lexicographicallyPrecedes($0.table.utf8) }
        ?? residencies.count
      residencies.insert(TableResidency(table: name, residency: residency), at: place)
    }
    guard let table = table(named: name), awaitsResidency(table) else { return .done }
    let position = self.position(of: name)
    guard !table.replicas.isEmpty else {
      tables[position].residency = residency
      return .done
    }
    // Asked for again once the change under way is over.
    guard table.status == .active else { return .done }
    return changeShards(position) { $0.residency = residency }
  }

  /// Which key of the table its rules do not keep; nil where all is well.
  func residencyFault(_ definition: TableDefinition) -> CatalogOutcome? {
    residency(of: definition.name)?.fault(with: definition).map { .residencyForbids(attribute: $0) }
  }
}
