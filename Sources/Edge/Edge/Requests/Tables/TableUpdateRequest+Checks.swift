internal import Catalog

/// What can be said of UpdateTable without its table: the service model's constraints, and which changes go together.
extension TableUpdateRequest {
  /// - Returns: the table's name.
  func check() throws(APIError) -> String {
    try checkModel()
    let name = try TableName.resolve(tableName ?? "")
    try checkAnything()
    if let member = refused.first { throw .unsupported("The parameter \(member) of UpdateTable") }
    try checkCombination()
    try checkIndexUpdates()
    try checkReplicaUpdates()
    return name
  }

  private func checkModel() throws(APIError) {
    var violations = Violations()
    TableName.checkModel(tableName, &violations)
    TableRequest.check(attributes ?? [], &violations)
    violations.check(billingMode, at: "billingMode", isOneOf: ModelEnums.billingMode)
    violations.check(tableClass, at: "tableClass", isOneOf: ModelEnums.tableClass)
    TableRequest.check(throughput, at: "provisionedThroughput", &violations)
    stream?.check(&violations)
    for (position, update) in (indexUpdates ?? []).enumerated() {
      let path = "globalSecondaryIndexUpdates.\(position + 1).member"
      if let create = update.create {
        TableRequest.check(
          create, keysMax: 2 * IndexKeySchema.attributesMax, at: "\(path).create", &violations)
      }
      Self.check(update.update, at: "\(path).update", &violations)
      Self.check(update.delete, at: "\(path).delete", &violations)
    }
    for (position, update) in (replicaUpdates ?? []).enumerated() {
      for (name, action) in [("create", update.create), ("update", update.update), ("delete", update.delete)] {
        guard let action else { continue }
        violations.require(
          action.region != nil, at: "replicaUpdates.\(position + 1).member.\(name).regionName")
      }
    }
    try violations.throwIfAny()
  }

  private static func check(_ action: IndexAction?, at path: String, _ violations: inout Violations) {
    guard let action else { return }
    violations.require(action.name != nil, at: "\(path).indexName")
    violations.checkName(action.name, at: "\(path).indexName")
    TableRequest.check(action.throughput, at: "\(path).provisionedThroughput", &violations)
  }

  private func checkAnything() throws(APIError) {
    let isEmpty =
      billingMode == nil && throughput == nil && (indexUpdates ?? []).isEmpty && stream == nil && encryption == nil
      && tableClass == nil && deletionProtection == nil && (replicaUpdates ?? []).isEmpty && refused.isEmpty
    guard isEmpty else { return }
    throw .validation(
      "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, "
        + "SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, "
        + "DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required")
  }

  private func checkCombination() throws(APIError) {
    let changesUnits = throughput != nil || billingMode != nil
    let changes = [
      changesUnits, stream != nil, indexUpdates != nil, encryption != nil, tableClass != nil, deletionProtection != nil,
    ]
    if changes.filter({ $0 }).count > 1 {
      for (isGiven, what) in [
        (encryption != nil, "Server-Side Encryption"), (tableClass != nil, "TableClass"),
        (deletionProtection != nil, "DeletionProtection"),
      ] where isGiven {
        throw .invalid("\(what) modification must be the only operation in the request")
      }
    }
    if stream != nil, changesUnits {
      throw .invalid("You cannot modify stream status while updating table IOPS")
    }
    guard indexUpdates?.contains(where: { $0.create != nil || $0.delete != nil }) == true else { return }
    if throughput != nil { throw .invalid("You cannot create or delete index while updating table IOPS") }
    if stream != nil { throw .invalid("You cannot create or delete index while changing stream status") }
  }

  /// One replica is made or removed at a time.
  private func checkReplicaUpdates() throws(APIError) {
    guard let replicaUpdates else { return }
    if indexUpdates != nil || stream != nil || throughput != nil || billingMode != nil || tableClass != nil
      || deletionProtection != nil || encryption != nil
    {
      throw .invalid("ReplicaUpdates must be the only operation in the request")
    }
    for (position, update) in replicaUpdates.enumerated() {
      guard update.create != nil || update.delete != nil || update.update?.isEmpty == false else {
        throw .validation("There are no actions specified in the Replica Update Action of the request.")
      }
      if let member = update.create?.refused.first { throw .unsupported("The parameter \(member) of a replica") }
      // The text is ours.
      if update.update != nil, replicaUpdates[..<position].contains(where: { $0.region == update.region }) {
        throw .invalid("Only one update of each replica is allowed. Region: \(update.region ?? "")")
      }
    }
    let kinds = [
      replicaUpdates.contains { $0.create != nil }, replicaUpdates.contains { $0.update != nil },
      replicaUpdates.contains { $0.delete != nil },
    ]
    guard kinds.filter({ $0 }).count <= 1 else {
      throw .validation("Update table operation with more than one type of replica actions not allowed.")
    }
    guard replicaUpdates.allSatisfy({ $0.update != nil || $0.region == replicaUpdates[0].region }) else {
      throw .validation(
        "Update table operation with more than one create or delete replica actions not allowed")
    }
  }

  private func checkIndexUpdates() throws(APIError) {
    guard let indexUpdates else { return }
    if indexUpdates.isEmpty { throw .invalid("List of GlobalSecondaryIndexUpdates is empty") }
    for (position, update) in indexUpdates.enumerated() {
      let actions = [update.create != nil, update.update != nil, update.delete != nil].filter { $0 }.count
      guard actions > 0 else {
        throw .invalid(
          "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
            + "GlobalSecondaryIndexUpdate.Delete must not be null")
      }
      guard actions == 1 else {
        throw .invalid("Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object")
      }
      if indexUpdates[..<position].contains(where: { $0.name == update.name }) {
        throw .invalid(
          "Only one global secondary index update per index is allowed simultaneously. Index: \(update.name ?? "")")
      }
      if update.create?.hasOnDemandThroughput == true || update.update?.hasOnDemandThroughput == true {
        throw .unsupported("The throughput limit of an index on demand")
      }
    }
    guard indexUpdates.filter({ $0.create != nil || $0.delete != nil }).count <= 1 else { throw .oneOnlineIndex }
  }
}

extension APIError {
  static let oneOnlineIndex = APIError(
    .limitExceeded,
    "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table")
}
