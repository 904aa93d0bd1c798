internal import Catalog

/// Where replicas of a table can be.
struct ReplicaPlaces {
  var own: String
  /// The other regions of the topology.
  var others: [String]
}

/// Replicas in other regions (version 2019.11.21 of global tables).
extension TableUpdate {
  mutating func change(_ update: TableUpdateRequest.ReplicaUpdate) throws(APIError) {
    let name = update.region ?? ""
    guard name != regions.own else {
      throw .validation(
        "Cannot add or delete the local region through ReplicaUpdates. Use CreateTable, DeleteTable, or UpdateTable as "
          + "required.")
    }
    if let create = update.create { return try self.create(name, create) }
    guard let replica = table.shownReplicas.first(where: { $0.region == name }) else {
      throw .validation(
        "Update global table operation failed because one or more replicas were not part of the global table. Please "
          + "retry the request without these replicas: [\(name)].")
    }
    guard replica.status != .draining, replica.status != .left else { throw .inUse(table: table.name, .updating) }
    if let action = update.update { return try check(action) }
    setReplicas((definition.replicas?.others ?? []).filter { $0 != name })
  }

  private mutating func create(_ name: String, _ action: TableUpdateRequest.ReplicaAction) throws(APIError) {
    guard regions.others.contains(name) else {
      let known = ([regions.own] + regions.others).joined(separator: ", ")
      throw .validation(
        "Region \(name) is not supported. The latest version of global tables are only supported in the following "
          + "regions: [\(known)]")
    }
    guard !table.replicas.contains(where: { $0.region == name }) else {
      throw .validation(
        "Failed to create a the new replica of table with name: \u{2018}\(table.name)\u{2019} because one or more "
          + "replicas already existed as tables.")
    }
    guard !table.replicas.contains(where: { $0.status == .draining }) else {
      throw .inUse(table: table.name, .updating)
    }
    try check(action)
    // Replicas have streams; one of another view stays as it is.
    if definition.stream == nil { setStream(.newAndOldImages) }
    guard definition.replicas?.others.contains(name) != true else { return }
    setReplicas((definition.replicas?.others ?? []) + [name])
  }

  /// Settings of one replica. It has the table's class, and there is nothing else that a region could have otherwise.
  private func check(_ action: TableUpdateRequest.ReplicaAction) throws(APIError) {
    if action.hasThroughput, definition.billingMode == .payPerRequest {
      throw .invalid(
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
    }
    if let member = action.refused.first { throw .unsupported("The parameter \(member) of a replica") }
    if let name = action.tableClass, name != definition.tableClass.name {
      throw .unsupported("A TableClassOverride other than the table's own class")
    }
  }

  private mutating func setReplicas(_ others: [String]) {
    setReplicas(others.isEmpty ? nil : ReplicaRegions(own: regions.own, others: others))
  }
}
