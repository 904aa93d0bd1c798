internal import Catalog

enum UpdateTable {
  static func run(_ body: UnsafeBufferPointer<UInt8>, _ exchange: Exchange) throws(APIError) {
    let request = try TableUpdateRequest.parse(body)
    let name = try request.check()
    exchange.alter(name, missing: .notFound(table: name)) { (table) throws(APIError) in
      guard table.status == .active else { throw .inUse(table: name, table.status) }
      return try TableUpdate(request, of: table).definition
    } done: {
      exchange.succeedWithSizes("TableDescription", $0)
    }
  }
}
