/// Always asks the metadata group first: another coordinator may have changed the table a moment ago.
enum DescribeTable {
  static func run(_ body: UnsafeBufferPointer<UInt8>, _ exchange: Exchange) throws(APIError) {
    let name = try NamedTableRequest.parse(body)
    exchange.refreshed { error in
      if let error { return exchange.fail(error) }
      guard let handle = exchange.service.anyTable(name) else { return exchange.fail(.notFound(table: name)) }
      exchange.succeedWithSizes("Table", handle.table)
    }
  }
}
