internal import Catalog
internal import Environment
internal import Items

/// DescribeContinuousBackups and UpdateContinuousBackups. The setting is kept; there is nothing yet to restore from, so
/// no restorable times are shown.
enum ContinuousBackups {
  private static let daysDefault = 35

  static func describe(_ body: UnsafeBufferPointer<UInt8>, _ exchange: Exchange) throws(APIError) {
    let name = try NamedTableRequest.parse(body)
    exchange.known(name, missing: missing(name)) { exchange.succeed(answer($0)) }
  }

  static func update(_ body: UnsafeBufferPointer<UInt8>, _ exchange: Exchange) throws(APIError) {
    let request = try ContinuousBackupsRequest.parse(body)
    let now = exchange.service.clock.wallTimeMs
    exchange.alter(request.table, missing: missing(request.table)) { table in
      var definition = table.definition
      let current = definition.pointInTimeRecovery
      let days = request.days.map { UInt8($0) } ?? current?.days ?? UInt8(daysDefault)
      definition.pointInTimeRecovery =
        request.isEnabled ? PointInTimeRecovery(enabledAtMs: current?.enabledAtMs ?? now, days: days) : nil
      return definition
    } done: {
      exchange.succeed(answer($0))
    }
  }

  private static func missing(_ name: String) -> APIError {
    APIError(.tableNotFound, "Table not found: \(name)")
  }

  private static func answer(_ table: Table) -> [UInt8] {
    let recovery = table.definition.pointInTimeRecovery
    let status = recovery == nil ? "DISABLED" : "ENABLED"
    var writer = JSONWriter(capacity: 256)
    writer.beginObject()
    writer.key("ContinuousBackupsDescription")
    writer.beginObject()
    writer.member("ContinuousBackupsStatus", status)
    writer.key("PointInTimeRecoveryDescription")
    writer.beginObject()
    writer.member("PointInTimeRecoveryStatus", status)
    if let recovery {
      writer.key("RecoveryPeriodInDays")
      writer.integer(Int(recovery.days))
    }
    writer.endObject()
    writer.endObject()
    writer.endObject()
    return writer.bytes
  }
}
