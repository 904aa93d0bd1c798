/// What keeps a region's replica of a table from being removed, whoever asks for it: its own region by DeleteTable, or
/// another one by UpdateTable.
extension Table {
  /// As the service has it: for how long a region stays that made another one's replica from its own.
  private static let sourceMs: UInt64 = 24 * 60 * 60 * 1_000

  /// Whether a replica was added here in the last day.
  public func actedAsSource(atMs now: UInt64) -> Bool {
    shownReplicas.contains { $0.status != .failed && $0.addedAtMs > 0 && $0.addedAtMs + Self.sourceMs > now }
  }

  /// - Parameter now: nil where it is not known.
  /// - Returns: nil where nothing does.
  public func removalFault(atMs now: UInt64?) -> CatalogOutcome? {
    if definition.deletionProtection { return .deletionProtected }
    return now.map { actedAsSource(atMs: $0) } == true ? .actedAsSource : nil
  }

  /// Regions whose replicas are there and would go by that definition.
  public func removedRegions(by definition: TableDefinition) -> [String] {
    replicas.filter {
      ($0.status == .creating || $0.status == .active) && definition.replicas?.others.contains($0.region) != true
    }.map(\.region)
  }
}
