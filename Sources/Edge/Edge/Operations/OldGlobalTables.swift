internal import Items

/// The operations on global tables of version 2017.11.29. There is none here: tables are global by UpdateTable (version
/// 2019.11.21), and of those the service says in these operations that it does not know them.
enum OldGlobalTables {
  static func list(_ body: UnsafeBufferPointer<UInt8>, _ exchange: Exchange) throws(APIError) {
    try JSONReader.eachMember(of: body) { (_, reader) throws(ItemError) in try reader.skipValue() }
    var writer = JSONWriter(capacity: 32)
    writer.beginObject()
    writer.key("GlobalTables")
    writer.beginArray()
    writer.endArray()
    writer.endObject()
    exchange.succeed(writer.bytes)
  }

  /// Descriptions, and changes of settings.
  static func find(_ body: UnsafeBufferPointer<UInt8>, _ exchange: Exchange) throws(APIError) {
    throw missing(try Request(body).checkedName())
  }

  static func settings(_ body: UnsafeBufferPointer<UInt8>, _ exchange: Exchange) throws(APIError) {
    throw APIError(
      .globalTableNotFound, "Global table with name: '\(try Request(body).checkedName())' does not exist.")
  }

  /// Whether a replica is added is looked at before the name.
  static func update(_ body: UnsafeBufferPointer<UInt8>, _ exchange: Exchange) throws(APIError) {
    let request = try Request(body)
    let name = try request.checkedName(needsUpdates: true)
    guard let updates = request.updates, !updates.isEmpty else {
      throw .validation("One or more parameter values were invalid")
    }
    guard !updates.contains(where: { $0.create != nil }) else { throw notMadeAnyMore }
    throw missing(name)
  }

  static func create(_ body: UnsafeBufferPointer<UInt8>, _ exchange: Exchange) throws(APIError) {
    _ = try Request(body).checkedName()
    throw notMadeAnyMore
  }

  private static func missing(_ name: String) -> APIError {
    APIError(.globalTableNotFound, "Global table not found: Global table with name: '\(name)' does not exist.")
  }

  private static let notMadeAnyMore = APIError.invalid(
    "DynamoDB global tables version 2017.11.29 is not supported. We recommend using DynamoDB global tables version "
      + "2019.11.21, instead of version 2017.11.29 (Legacy).")

  /// What the answers rest on.
  private struct Request {
    var name: String?
    var updates: [TableUpdateRequest.ReplicaUpdate]?

    init(_ body: UnsafeBufferPointer<UInt8>) throws(APIError) {
      try JSONReader.eachMember(of: body) { (member, reader) throws(ItemError) in
        switch member {
        case "GlobalTableName": name = try reader.readText()
        case "ReplicaUpdates":
          updates = try reader.readList { (reader) throws(ItemError) in
            try TableUpdateRequest.ReplicaUpdate(&reader)
          }
        default: try reader.skipValue()
        }
      }
    }

    func checkedName(needsUpdates: Bool = false) throws(APIError) -> String {
      var violations = Violations()
      violations.require(name != nil, at: "globalTableName")
      violations.checkName(name, at: "globalTableName")
      if needsUpdates { violations.require(updates != nil, at: "replicaUpdates") }
      try violations.throwIfAny()
      return name ?? ""
    }
  }
}
