internal import Items

/// The input of UpdateTable as it was sent: types are checked, nothing else.
struct TableUpdateRequest {
  struct IndexAction {
    var name: String?
    var throughput: TableRequest.Units?
    var hasOnDemandThroughput = false
  }

  struct IndexUpdate {
    var create: TableRequest.Index?
    var update: IndexAction?
    var delete: IndexAction?

    var name: String? { create?.name ?? update?.name ?? delete?.name }
  }

  struct ReplicaAction {
    var region: String?
    var tableClass: String?
    var hasThroughput = false
    /// Members that would be a lie if they were taken.
    var refused: [String] = []

    /// Beside the region.
    var isEmpty: Bool { tableClass == nil && !hasThroughput && refused.isEmpty }
  }

  struct ReplicaUpdate {
    var create: ReplicaAction?
    var update: ReplicaAction?
    var delete: ReplicaAction?

    var region: String? { create?.region ?? update?.region ?? delete?.region }
  }

  var tableName: String?
  var attributes: [TableRequest.Element]?
  var billingMode: String?
  var throughput: TableRequest.Units?
  var indexUpdates: [IndexUpdate]?
  var stream: TableRequest.Stream?
  /// Whether a key of one's own is asked for.
  var encryption: Bool?
  var replicaUpdates: [ReplicaUpdate]?
  var tableClass: String?
  var deletionProtection: Bool?
  /// Members that would be a lie if they were taken.
  var refused: [String] = []
}

extension TableUpdateRequest {
  static func parse(_ body: UnsafeBufferPointer<UInt8>) throws(APIError) -> TableUpdateRequest {
    var request = TableUpdateRequest()
    try JSONReader.eachMember(of: body) { (name, reader) throws(ItemError) in try request.read(name, &reader) }
    return request
  }

  private mutating func read(_ name: JSONName, _ reader: inout JSONReader) throws(ItemError) {
    switch name {
    case "TableName": tableName = try reader.readText()
    case "AttributeDefinitions":
      attributes = try reader.readList { (reader) throws(ItemError) in
        try TableRequest.Element(&reader, shape: "AttributeDefinition", typeMember: "AttributeType")
      }
    case "BillingMode": billingMode = try reader.readText()
    case "ProvisionedThroughput": throughput = try TableRequest.Units(&reader)
    case "GlobalSecondaryIndexUpdates":
      indexUpdates = try reader.readList { (reader) throws(ItemError) in try IndexUpdate(&reader) }
    case "StreamSpecification": stream = try TableRequest.Stream(&reader)
    case "SSESpecification": encryption = try reader.readEncryption()
    case "TableClass": tableClass = try reader.readText()
    case "DeletionProtectionEnabled": deletionProtection = try reader.readBool()
    case "ReplicaUpdates":
      replicaUpdates = try reader.readList { (reader) throws(ItemError) in try ReplicaUpdate(&reader) }
    case "OnDemandThroughput", "WarmThroughput", "MultiRegionConsistency",
      "GlobalTableWitnessUpdates", "GlobalTableSettingsReplicationMode":
      refused.append(name.text)
      try reader.skipValue()
    default: try reader.skipValue()
    }
  }
}

extension TableUpdateRequest.IndexUpdate {
  init(_ reader: inout JSONReader) throws(ItemError) {
    try reader.eachMember(of: "GlobalSecondaryIndexUpdate") { (member, reader) throws(ItemError) in
      switch member {
      case "Create": create = try TableRequest.Index(&reader, shape: "CreateGlobalSecondaryIndexAction")
      case "Update": update = try TableUpdateRequest.IndexAction(&reader)
      case "Delete": delete = try TableUpdateRequest.IndexAction(&reader)
      default: try reader.skipValue()
      }
    }
  }
}

extension TableUpdateRequest.IndexAction {
  init(_ reader: inout JSONReader) throws(ItemError) {
    try reader.eachMember { (member, reader) throws(ItemError) in
      switch member {
      case "IndexName": name = try reader.readText()
      case "ProvisionedThroughput": throughput = try TableRequest.Units(&reader)
      case "OnDemandThroughput", "WarmThroughput":
        hasOnDemandThroughput = true
        try reader.skipValue()
      default: try reader.skipValue()
      }
    }
  }
}

extension TableUpdateRequest.ReplicaUpdate {
  init(_ reader: inout JSONReader) throws(ItemError) {
    try reader.eachMember(of: "ReplicationGroupUpdate") { (member, reader) throws(ItemError) in
      switch member {
      case "Create": create = try TableUpdateRequest.ReplicaAction(&reader)
      case "Update": update = try TableUpdateRequest.ReplicaAction(&reader)
      case "Delete": delete = try TableUpdateRequest.ReplicaAction(&reader)
      default: try reader.skipValue()
      }
    }
  }
}

extension TableUpdateRequest.ReplicaAction {
  init(_ reader: inout JSONReader) throws(ItemError) {
    try reader.eachMember { (member, reader) throws(ItemError) in
      switch member {
      case "RegionName": region = try reader.readText()
      case "TableClassOverride": tableClass = try reader.readText()
      case "ProvisionedThroughputOverride":
        hasThroughput = true
        refused.append(member.text)
        try reader.skipValue()
      case "KMSMasterKeyId", "OnDemandThroughputOverride", "GlobalSecondaryIndexes":
        refused.append(member.text)
        try reader.skipValue()
      default: try reader.skipValue()
      }
    }
  }
}
