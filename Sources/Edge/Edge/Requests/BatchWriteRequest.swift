internal import Items

/// The input of BatchWriteItem.
struct BatchWriteRequest {
  enum Action {
    case put(EncodedItem)
    case delete(EncodedItem)

    /// Has at least the key.
    var keyed: EncodedItem {
      switch self {
      case .put(let item), .delete(let item): item
      }
    }
  }

  struct Writes {
    /// The table as the request names it, which is also how the answer names it.
    var given: String
    var table = ""
    var actions: [Action] = []
    /// Those that are no action included.
    var count = 0
    /// Paths of required members that are missing.
    var missing: [String] = []
  }

  static let actionsMax = 25

  var tables: [Writes] = []
  var capacity = ConsumedCapacity.Detail.none
  var showsCollections = false

  static func parse(_ body: UnsafeBufferPointer<UInt8>) throws(APIError) -> BatchWriteRequest {
    var request = BatchWriteRequest()
    var hasItems = false
    var returnConsumedCapacity: String?
    var returnMetrics: String?
    var fault: APIError?
    do throws(ItemError) {
      var reader = JSONReader(body)
      try reader.eachMember { (member, reader) throws(ItemError) in
        switch member {
        case "RequestItems":
          hasItems = true
          try request.readTables(&reader, fault: &fault)
        case "ReturnConsumedCapacity": returnConsumedCapacity = try reader.readText()
        case "ReturnItemCollectionMetrics": returnMetrics = try reader.readText()
        default: try reader.skipValue()
        }
      }
      try reader.finish()
    } catch {
      throw APIError(error)
    }
    request.capacity = ConsumedCapacity.Detail(returnConsumedCapacity)
    request.showsCollections = returnMetrics == "SIZE"
    if hasItems, request.tables.isEmpty {
      throw .validation("The requestItems parameter is required for BatchWriteItem")
    }
    try request.checkModel(hasItems: hasItems, returnConsumedCapacity, returnMetrics)
    if let fault { throw fault }
    try request.checkTables()
    return request
  }

  private mutating func readTables(_ reader: inout JSONReader, fault: inout APIError?) throws(ItemError) {
    tables = []
    try reader.beginMap(of: "java.util.List<com.amazonaws.dynamodb.v20120810.WriteRequest>")
    while let name = try reader.nextKey() {
      var writes = Writes(given: name.text)
      try reader.beginList()
      while try reader.nextElement() {
        writes.count += 1
        if let action = try reader.readWriteRequest(&writes.missing, number: writes.count, fault: &fault) {
          writes.actions.append(action)
        }
      }
      tables.append(writes)
    }
  }

  private func checkModel(
    hasItems: Bool, _ returnConsumedCapacity: String?, _ returnMetrics: String?
  ) throws(APIError) {
    var violations = Violations()
    violations.require(hasItems, at: "requestItems")
    if tables.contains(where: { !(1...Self.actionsMax).contains($0.count) }) {
      violations.addMap(shown, at: "requestItems", valueLengths: 1...Self.actionsMax)
    }
    for table in tables {
      for member in table.missing { violations.require(false, at: "requestItems.\(table.given).member.\(member)") }
    }
    violations.check(
      returnConsumedCapacity, at: "returnConsumedCapacity", isOneOf: ModelEnums.returnConsumedCapacity)
    violations.check(
      returnMetrics, at: "returnItemCollectionMetrics", isOneOf: ModelEnums.returnItemCollectionMetrics)
    try violations.throwIfAny()
    guard tables.reduce(0, { $0 + $1.count }) <= Self.actionsMax else {
      throw .validation("Too many items requested for the BatchWriteItem call")
    }
  }

  /// As the service prints the map.
  private var shown: String {
    let tables = tables.map { table in
      let requests = table.actions.map { action in
        switch action {
        case .put(let item):
          "WriteRequest(putRequest=PutRequest(item=\(item.shown), workloadProfileName=null), deleteRequest=null)"
        case .delete(let key):
          "WriteRequest(putRequest=null, deleteRequest=DeleteRequest(key=\(key.shown), workloadProfileName=null))"
        }
      }
      return "\(table.given)=[\(requests.joined(separator: ", "))]"
    }
    return "{\(tables.joined(separator: ", "))}"
  }

  private mutating func checkTables() throws(APIError) {
    for position in tables.indices {
      tables[position].table = try TableName.resolve(tables[position].given)
      for case .put(let item) in tables[position].actions {
        try ItemChecks.checkNames(item)
        try ItemChecks.checkSize(item)
      }
    }
  }
}

extension JSONReader {
  /// Nil, and a fault, where the request is neither a put nor a delete, or both.
  ///
  /// - Parameter number: of the request in its list, from 1.
  fileprivate mutating func readWriteRequest(
    _ missing: inout [String], number: Int, fault: inout APIError?
  ) throws(ItemError) -> BatchWriteRequest.Action? {
    var put: EncodedItem?
    var delete: EncodedItem?
    try beginElement("WriteRequest")
    while let member = try nextKey() {
      if try skipNull() { continue }
      switch member {
      case "PutRequest":
        put = try readOnlyItem("Item", in: "PutRequest", fault: &fault)
        if put == nil { missing.append("\(number).member.putRequest.item") }
      case "DeleteRequest":
        delete = try readOnlyItem("Key", in: "DeleteRequest", fault: &fault)
        if delete == nil { missing.append("\(number).member.deleteRequest.key") }
      default: try skipValue()
      }
    }
    switch (put, delete) {
    case (let item?, nil): return .put(item)
    case (nil, let key?): return .delete(key)
    case (nil, nil), (_?, _?):
      if fault == nil {
        // The service's own words, which mean the request and say the value.
        fault = .validation(
          "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
        )
      }
      return nil
    }
  }

  private mutating func readOnlyItem(
    _ name: StaticString, in shape: StaticString, fault: inout APIError?
  ) throws(ItemError) -> EncodedItem? {
    var item: EncodedItem?
    try beginStructure(shape)
    while let member = try nextKey() {
      if try skipNull() { continue }
      if member == name { item = try readItem(keeping: &fault) } else { try skipValue() }
    }
    return item
  }
}
