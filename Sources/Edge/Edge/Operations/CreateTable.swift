internal import Catalog
internal import Coordinator
internal import Environment

enum CreateTable {
  static func run(_ body: UnsafeBufferPointer<UInt8>, _ exchange: Exchange) throws(APIError) {
    let definition = try TableRequest.parse(body).definition()
    let name = definition.name
    let createdAtMs = exchange.service.clock.wallTimeMs
    let call = Call.createTable(definition, createdAtMs: createdAtMs, uniqueID: uniqueID())
    exchange.service.target.submit(call) { outcome in
      switch outcome {
      case .catalog(.table(let table)): exchange.succeed("TableDescription", table)
      case .catalog(.tableExists), .catalog(.tableInUse):
        exchange.fail(APIError(.resourceInUse, "Table already exists: \(name)"))
      case .catalog(.residencyForbids(let attribute)):
        exchange.fail(.withheld(attribute, table: name))
      case .catalog(.tooManyTables):
        exchange.fail(
          APIError(.limitExceeded, "Subscriber limit exceeded: There is a limit of \(Catalog.tablesMax) tables"))
      case .failed(let failure): exchange.fail(APIError(failure))
      default: fatalError("CreateTable ended with the outcome of another call.")
      }
    }
  }

  /// A version 4 UUID (RFC 9562, section 5.4).
  private static func uniqueID() -> [UInt8] {
    var random = SystemRandomNumberGenerator()
    var bytes = (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }
    bytes[6] = bytes[6] & 0x0F | 0x40
    bytes[8] = bytes[8] & 0x3F | 0x80
    return bytes
  }
}
