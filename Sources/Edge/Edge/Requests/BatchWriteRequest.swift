internal import Items

/// The input of BatchWriteItem.
struct BatchWriteRequest {
  enum Action {
    case put(EncodedItem)
    case delete(EncodedItem)
  }

  struct Writes {
    /// The table as the request names it, which is also how the answer names it.
    var given: String
    var table = ""
    var actions: [Action] = []
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
        if let action = try reader.readWriteRequest(fault: &fault) { writes.actions.append(action) }
      }
      tables.append(writes)
    }
  }

  private func checkModel(
    hasItems: Bool, _ returnConsumedCapacity: String?, _ returnMetrics: String?
  ) throws(APIError) {
    var violations = Violations()
    violations.require(hasItems, at: "requestItems")
    if hasItems {
      violations.checkCount(tables.count, shown: "{}", at: "requestItems", min: 1, max: Self.actionsMax)
    }
    for table in tables where table.actions.isEmpty || table.actions.count > Self.actionsMax {
      violations.add(
        "\(table.given)=\(table.actions.count) requests", at: "requestItems",
        "satisfy constraint: [Member must have length less than or equal to \(Self.actionsMax), Member must have "
          + "length greater than or equal to 1]")
    }
    violations.check(
      returnConsumedCapacity, at: "returnConsumedCapacity", isOneOf: ModelEnums.returnConsumedCapacity)
    violations.check(
      returnMetrics, at: "returnItemCollectionMetrics", isOneOf: ModelEnums.returnItemCollectionMetrics)
    try violations.throwIfAny()
    guard tables.reduce(0, { $0 + $1.actions.count }) <= Self.actionsMax else {
      throw .validation("Too many items requested for the BatchWriteItem call")
    }
  }

  private mutating func checkTables() throws(APIError) {
    for position in tables.indices {
      tables[position].table = try TableName.resolve(tables[position].given)
      for case .put(let item) in tables[position].actions { try ItemChecks.checkNames(item) }
    }
  }
}

extension JSONReader {
  /// Nil, and a fault, where the request is neither a put nor a delete, or both.
  fileprivate mutating func readWriteRequest(
    fault: inout APIError?
  ) throws(ItemError) -> BatchWriteRequest.Action? {
    var put: EncodedItem?
    var delete: EncodedItem?
    try beginElement("WriteRequest")
    while let member = try nextKey() {
      if try skipNull() { continue }
      switch member {
      case "PutRequest": put = try readOnlyItem("Item", in: "PutRequest", fault: &fault)
      case "DeleteRequest": delete = try readOnlyItem("Key", in: "DeleteRequest", fault: &fault)
      default: try skipValue()
      }
    }
    switch (put, delete) {
    case (let item?, nil): return .put(item)
    case (nil, let key?): return .delete(key)
    case (nil, nil), (_?, _?):
      if fault == nil {
        fault = .validation(
          "Supplied WriteRequest is invalid, must contain exactly one of PutRequest and DeleteRequest")
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
