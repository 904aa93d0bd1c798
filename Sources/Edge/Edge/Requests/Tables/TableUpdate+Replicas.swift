internal import Catalog

/// Where replicas of a table can be.
struct ReplicaPlaces {
  var own: String
  /// The other regions of the topology.
  var others: [String]
}

extension TableUpdate {
  /// Replicas have streams of both images, which cannot be switched off (*DynamoDB Streams and global tables*, Developer
  /// Guide).
  fileprivate mutating func streamEverything() throws(APIError) {
    guard let stream = definition.stream else { return setStream(.newAndOldImages) }
    guard stream == .newAndOldImages else {
      throw .validation(
        "A table with replicas has a stream of NEW_AND_OLD_IMAGES. Switch off the stream of another view first: "
          + "\(table.name)")
    }
  }
}

/// Replicas in other regions (version 2019.11.21 of global tables). The texts are ours where the service's are not on
/// record.
extension TableUpdate {
  mutating func change(_ update: TableUpdateRequest.ReplicaUpdate) throws(APIError) {
    let name = update.region ?? ""
    if update.create != nil {
      try create(name)
    } else {
      guard let replica = table.replicas.first(where: { $0.region == name }) else {
        throw .validation(
          "Replica specified in the Replica Update or Replica Delete action of the request was not found.")
      }
      guard replica.status != .deleting else { throw .inUse(table: table.name, .updating) }
      setReplicas((definition.replicas?.others ?? []).filter { $0 != name })
    }
  }

  private mutating func create(_ name: String) throws(APIError) {
    guard name != regions.own else {
      throw .validation(
        "Cannot add, delete, or update the local region through ReplicaUpdates. "
          + "Use CreateTable, DeleteTable, or UpdateTable as required.")
    }
    guard regions.others.contains(name) else {
      let known = regions.others.isEmpty ? "there is only \(regions.own)" : regions.others.joined(separator: ", ")
      throw .validation("Unsupported replica region '\(name)': the topology has no such other region (\(known))")
    }
    guard !table.replicas.contains(where: { $0.region == name }) else {
      throw .validation(
        "Failed to create a the new replica of table with name: '\(table.name)' because one or more "
          + "replicas already existed as tables.")
    }
    try streamEverything()
    setReplicas((definition.replicas?.others ?? []) + [name])
  }

  private mutating func setReplicas(_ others: [String]) {
    setReplicas(others.isEmpty ? nil : ReplicaRegions(own: regions.own, others: others))
  }
}
