internal import Items
internal import Load

extension SelftestReport {
  /// One object; the report of the drill, where there is one, is its member `report`.
  public var json: [UInt8] {
    var writer = JSONWriter(capacity: 16_384)
    writer.beginObject()
    writer.member("drill", drill.source)
    writer.member("without", loosening.without)
    writer.array("mustBeMissed", loosening.missed) { $0.string($1.rawValue) }
    writer.member("turnedRed", isRed)
    if let failure { writer.member("failure", failure) }
    if let report {
      writer.key("report")
      writer.rawValue(report.json)
    }
    writer.endObject()
    return writer.bytes
  }
}
