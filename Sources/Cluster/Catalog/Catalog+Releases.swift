import Messages

/// Nodes of a region are upgraded one by one, and each must make the same of an entry: what a release changed counts from an
/// entry on, which the leader proposes once every node reads it.
extension Catalog {
  /// 1: replicas that drain or are given up, tables with replicas that are deleted, what replicas have in common, residency.
  public static let newestRelease: UInt8 = 1

  mutating func use(_ newer: UInt8) -> CatalogOutcome {
    release = max(release, newer)
    return .done
  }
}

extension CatalogCommand {
  /// Whether earlier releases could not read it, or did not know it.
  public var needsRelease: Bool {
    switch self {
    case .setResidency, .adoptShared, .completeShare, .retireReplica, .abandonReplica: true
    case .initialise, .createTable, .createUnnumbered, .activate, .alterTable, .number, .completeIndex, .deleteTable,
      .ensureReplica, .leaveReplica, .useRelease, .completeReplica, .failReplica, .forgetReplica, .forget,
      .changeMembers:
      false
    }
  }
}

extension Table {
  /// As an earlier release made it of a change.
  mutating func followReplicasAtOnce() {
    let wanted = definition.replicas?.others ?? []
    for place in replicas.indices where !wanted.contains(replicas[place].region) { replicas[place].status = .deleting }
    for region in wanted where !replicas.contains(where: { $0.region == region }) {
      replicas.append(TableReplica(region: region, status: .creating))
    }
  }
}
