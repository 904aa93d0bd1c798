internal import Catalog
internal import Items

enum ListTables {
  static let namesMax = 100

  static func run(_ body: UnsafeBufferPointer<UInt8>, _ exchange: Exchange) throws(APIError) {
    let (start, limit) = try parse(body)
    exchange.refreshed { error in
      if let error { return exchange.fail(error) }
      exchange.succeed(page(of: exchange.service.target.catalog, after: start, limit: limit))
    }
  }

  private static func parse(_ body: UnsafeBufferPointer<UInt8>) throws(APIError) -> (start: String?, limit: Int) {
    var start: String?
    var limit: Int?
    do throws(ItemError) {
      var reader = JSONReader(body)
      try reader.eachMember { (member, reader) throws(ItemError) in
        switch member {
        case "ExclusiveStartTableName": start = try reader.readText()
        case "Limit": limit = try reader.readInteger()
        default: try reader.skipValue()
        }
      }
      try reader.finish()
    } catch {
      throw APIError(error)
    }
    var violations = Violations()
    violations.checkName(start, at: "exclusiveStartTableName")
    violations.check(limit, at: "limit", min: 1, max: namesMax)
    try violations.throwIfAny()
    return (start, limit ?? namesMax)
  }

  /// Names above `start`, which need not exist.
  static func page(of catalog: Catalog, after start: String?, limit: Int) -> [UInt8] {
    var first = start.map(catalog.position(of:)) ?? 0
    if first < catalog.tables.count, catalog.tables[first].name == start { first += 1 }
    let end = min(catalog.tables.count, first + limit)
    var writer = JSONWriter(capacity: 256)
    writer.beginObject()
    writer.key("TableNames")
    writer.beginArray()
    for table in catalog.tables[first..<end] { writer.string(table.name) }
    writer.endArray()
    if end < catalog.tables.count, end > first {
      writer.member("LastEvaluatedTableName", catalog.tables[end - 1].name)
    }
    writer.endObject()
    return writer.bytes
  }
}
