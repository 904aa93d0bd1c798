internal import Expressions
internal import Items

/// The input of BatchGetItem.
struct BatchGetRequest {
  struct Keys {
    /// The table as the request names it, which is also how the answer names it.
    var given: String
    var table = ""
    var keys: [EncodedItem] = []
    /// Of expressions and flags; `tableName` and the other members stay empty.
    var options = ItemRequest()
    var expressions: ParsedExpressions?
    var hasKeys = false
  }

  static let keysMax = 100

  var tables: [Keys] = []
  var capacity = ConsumedCapacity.Detail.none

  static func parse(_ body: UnsafeBufferPointer<UInt8>) throws(APIError) -> BatchGetRequest {
    var request = BatchGetRequest()
    var hasItems = false
    var returnConsumedCapacity: String?
    var fault: APIError?
    do throws(ItemError) {
      var reader = JSONReader(body)
      try reader.eachMember { (member, reader) throws(ItemError) in
        switch member {
        case "RequestItems":
          hasItems = true
          request.tables = []
          try reader.beginMap(of: "com.amazonaws.dynamodb.v20120810.KeysAndAttributes")
          while let name = try reader.nextKey() {
            var keys = Keys(given: name.text)
            try keys.read(&reader, fault: &fault)
            request.tables.append(keys)
          }
        case "ReturnConsumedCapacity": returnConsumedCapacity = try reader.readText()
        default: try reader.skipValue()
        }
      }
      try reader.finish()
    } catch {
      throw APIError(error)
    }
    request.capacity = ConsumedCapacity.Detail(returnConsumedCapacity)
    if hasItems, request.tables.isEmpty {
      throw .validation("The requestItems parameter is required for BatchGetItem")
    }
    try request.checkModel(hasItems: hasItems, returnConsumedCapacity)
    if let fault { throw fault }
    try request.checkTables()
    return request
  }

  private func checkModel(hasItems: Bool, _ returnConsumedCapacity: String?) throws(APIError) {
    var violations = Violations()
    violations.require(hasItems, at: "requestItems")
    for table in tables {
      let path = "requestItems.\(table.given).member.keys"
      violations.require(table.hasKeys, at: path)
      if table.hasKeys {
        violations.checkCount(
          table.keys.count, shown: "[\(table.keys.map(\.shown).joined(separator: ", "))]", at: path, min: 1,
          max: Self.keysMax)
      }
    }
    violations.check(
      returnConsumedCapacity, at: "returnConsumedCapacity", isOneOf: ModelEnums.returnConsumedCapacity)
    try violations.throwIfAny()
    guard tables.reduce(0, { $0 + $1.keys.count }) <= Self.keysMax else {
      throw .validation("Too many items requested for the BatchGetItem call")
    }
  }

  private mutating func checkTables() throws(APIError) {
    for position in tables.indices {
      tables[position].table = try TableName.resolve(tables[position].given)
      try tables[position].options.checkParameterMix(valueExpressions: "")
      tables[position].expressions = try ParsedExpressions(tables[position].options)
      guard Set(tables[position].keys).count == tables[position].keys.count else {
        throw .validation("Provided list of item keys contains duplicates")
      }
    }
  }
}

extension BatchGetRequest.Keys {
  fileprivate mutating func read(_ reader: inout JSONReader, fault: inout APIError?) throws(ItemError) {
    try reader.beginElement("KeysAndAttributes")
    while let member = try reader.nextKey() {
      if try reader.skipNull() { continue }
      switch member {
      case "Keys":
        hasKeys = true
        keys = []
        try reader.beginList()
        while try reader.nextElement() { keys.append(try reader.readItem(keeping: &fault)) }
      case "ConsistentRead": options.consistentRead = try reader.readBool()
      case "ProjectionExpression": options.projectionExpression = try reader.readString()
      case "ExpressionAttributeNames": options.attributeNames = try reader.readNames()
      case "AttributesToGet": options.attributesToGet = try reader.readNameList()
      default: try reader.skipValue()
      }
    }
  }

  /// The members of a request that asks for `rest` in the same way.
  func write(rest: [EncodedItem], to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("Keys")
    writer.beginArray()
    for key in rest { writer.stored(key) }
    writer.endArray()
    if options.consistentRead {
      writer.key("ConsistentRead")
      writer.bool(true)
    }
    if let expression = options.projectionExpression {
      writer.key("ProjectionExpression")
      writer.string(expression)
    }
    if let names = options.attributeNames {
      writer.key("ExpressionAttributeNames")
      writer.beginObject()
      for (placeholder, name) in names {
        writer.key(placeholder)
        writer.string(name)
      }
      writer.endObject()
    }
    if let names = options.attributesToGet {
      writer.key("AttributesToGet")
      writer.beginArray()
      for name in names { writer.string(name) }
      writer.endArray()
    }
    writer.endObject()
  }
}

extension JSONReader {
  /// As ``readItem()``, but a fault in a value is kept, the first of them, and the reading goes on.
  mutating func readItem(keeping fault: inout APIError?) throws(ItemError) -> EncodedItem {
    do throws(ItemError) {
      return try readItem()
    } catch  where error.kind == .validation {
      if fault == nil { fault = APIError(error) }
      return EncodedItem(trusted: [])
    }
  }
}
