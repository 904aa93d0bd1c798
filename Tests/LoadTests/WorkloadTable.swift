import Expressions
import Items
import Load

/// A dumb table that carries out the calls of a workload, one after the other, with the expressions of the real service.
/// What the service would refuse is thrown.
struct WorkloadTable {
  struct Refusal: Error, CustomStringConvertible {
    var description: String
  }

  struct Request {
    var table: String?
    var item: AttributeMap?
    var key: AttributeMap?
    var condition: [UInt8]?
    var update: [UInt8]?
    var keyCondition: [UInt8]?
    var values: AttributeMap?
    var index: String?
    var limit: Int?
    var isConsistent = false
    /// Of `BatchWriteItem`.
    var puts: [AttributeMap] = []
    var deletions: [AttributeMap] = []

    init(_ body: [UInt8]) throws {
      self = try JSONReader.read(body) { (reader) throws(ItemError) in
        var request = Request()
        try reader.beginObject()
        while let name = try reader.nextKey() { try request.read(name.text, &reader) }
        return request
      }
    }

    private init() {}

    private mutating func read(_ name: String, _ reader: inout JSONReader) throws(ItemError) {
      switch name {
      case "TableName": table = try reader.readText()
      case "Item": item = try Self.map(&reader)
      case "Key", "ExclusiveStartKey": key = try Self.map(&reader)
      case "ExpressionAttributeValues": values = try Self.map(&reader)
      case "ConditionExpression": condition = try reader.readString()
      case "UpdateExpression": update = try reader.readString()
      case "KeyConditionExpression": keyCondition = try reader.readString()
      case "IndexName": index = try reader.readText()
      case "ReturnValues": _ = try reader.readText()
      case "Limit": limit = try reader.readInteger()
      case "ConsistentRead": isConsistent = try reader.readBool()
      case "ScanIndexForward": _ = try reader.readBool()
      case "RequestItems": try readBatch(&reader)
      default: throw ItemError(.validation, "no parameter of the API: \(name)")
      }
    }

    private mutating func readBatch(_ reader: inout JSONReader) throws(ItemError) {
      try reader.beginObject()
      while let name = try reader.nextKey() {
        table = name.text
        try reader.beginArray()
        while try reader.nextElement() {
          try reader.beginObject()
          while let kind = try reader.nextKey() { try readMember(kind.text, &reader) }
        }
      }
    }

    private mutating func readMember(_ kind: String, _ reader: inout JSONReader) throws(ItemError) {
      try reader.beginObject()
      while let name = try reader.nextKey() {
        switch (kind, name.text) {
        case ("PutRequest", "Item"): puts.append(try Self.map(&reader))
        case ("DeleteRequest", "Key"): deletions.append(try Self.map(&reader))
        default: throw ItemError(.validation, "no member of a batch: \(kind) \(name.text)")
        }
      }
    }

    private static func map(_ reader: inout JSONReader) throws(ItemError) -> AttributeMap {
      let encoded = try reader.readItem()
      guard let map = try? encoded.decode() else { throw ItemError(.validation, "an item cannot be decoded") }
      return map
    }
  }

  enum Answer: Equatable {
    case conditionFailed
    /// The item after a write; what a read found.
    case item(AttributeMap?)
    case items
  }

  let keyNames: [[UInt8]]
  private(set) var items: [AttributeMap: AttributeMap] = [:]

  init(keys: String...) { keyNames = keys.map { Array($0.utf8) } }

  func key(_ map: AttributeMap) throws -> AttributeMap {
    let elements = map.elements.filter { keyNames.contains($0.name) }
    guard elements.count == keyNames.count else { throw Refusal(description: "a key is not whole") }
    return AttributeMap(elements)
  }

  mutating func run(_ call: Call) throws -> Answer {
    let request = try Request(call.body)
    guard request.table != nil else { throw Refusal(description: "no table is named") }
    switch call.method {
    case "PutItem":
      guard let item = request.item else { throw Refusal(description: "no item") }
      guard try isMet(request, items[try key(item)]) else { return .conditionFailed }
      items[try key(item)] = item
      return .item(item)
    case "UpdateItem": return try update(request)
    case "DeleteItem":
      items[try wholeKey(request)] = nil
      return .item(nil)
    case "GetItem": return .item(items[try wholeKey(request)])
    case "BatchWriteItem":
      guard (1...25).contains(request.puts.count + request.deletions.count) else {
        throw Refusal(description: "a batch of \(request.puts.count)")
      }
      for item in request.puts { items[try key(item)] = item }
      for deletion in request.deletions { items[try key(deletion)] = nil }
      return .items
    case "Scan":
      _ = try wholeKey(request)
      guard let limit = request.limit, limit > 0 else { throw Refusal(description: "a scan without a limit") }
      return .items
    case "Query": return try query(request)
    default: throw Refusal(description: "no operation of the API: \(call.method)")
    }
  }

  private func wholeKey(_ request: Request) throws -> AttributeMap {
    guard let given = request.key, given.count == keyNames.count else { throw Refusal(description: "no key") }
    return try key(given)
  }

  private func isMet(_ request: Request, _ item: AttributeMap?) throws -> Bool {
    guard let text = request.condition else { return true }
    var context = try ExpressionContext(names: nil, values: request.values)
    return try Condition.parse(text, role: .condition, context: &context).evaluate(item)
  }

  private mutating func update(_ request: Request) throws -> Answer {
    let key = try wholeKey(request)
    guard let text = request.update else { throw Refusal(description: "no update") }
    var context = try ExpressionContext(names: nil, values: request.values)
    let update = try UpdateExpression.parse(text, context: &context)
    if let text = request.condition { _ = try Condition.parse(text, role: .condition, context: &context) }
    try context.checkAllUsed()
    guard try isMet(request, items[key]) else { return .conditionFailed }
    let item = try update.apply(to: items[key] ?? key, exists: items[key] != nil)
    items[key] = item
    return .item(item)
  }

  private func query(_ request: Request) throws -> Answer {
    guard let text = request.keyCondition else { throw Refusal(description: "no key condition") }
    let names: [[UInt8]]
    switch request.index {
    case nil: names = keyNames
    case "GSI1-StatusBoard": names = [Array("GSI1PK".utf8), Array("GSI1SK".utf8)]
    case "GSI2-ModalitySchedule": names = [Array("GSI2PK".utf8), Array("GSI2SK".utf8)]
    case let other?: throw Refusal(description: "no index of the table: \(other)")
    }
    var context = try ExpressionContext(names: nil, values: request.values)
    let condition = try KeyConditionExpression.parse(text, context: &context)
    try context.checkAllUsed()
    _ = try condition.conditions().bind(
      partition: KeyAttribute(name: names[0], type: .string), sort: KeyAttribute(name: names[1], type: .string))
    return .items
  }
}

extension AttributeMap {
  func text(_ name: String) -> String? {
    guard case .string(let bytes)? = self[Array(name.utf8)] else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}
