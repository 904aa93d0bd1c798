internal import Items
internal import Load

extension DrillReport {
  /// One object; the load's own report is its member `load`.
  public var json: [UInt8] {
    var writer = JSONWriter(capacity: 16_384)
    writer.beginObject()
    writer.member("drill", drill.source)
    writer.member("title", drill.title)
    writer.member("topology", drill.topology)
    writer.member("verdict", verdict.rawValue)
    if let invalidity { writer.member("invalid", invalidity) }
    writer.array("expectations", results) { writer, result in
      writer.beginObject()
      writer.member("expected", result.expectation.text)
      if let isHeld = result.isHeld { writer.member("held", isHeld) }
      writer.member("measured", result.measured)
      writer.member("evidence", result.evidence)
      writer.endObject()
    }
    writer.array("faults", bands) { writer, band in
      writer.beginObject()
      writer.member("fault", band.text)
      writer.member("fromSeconds", band.fromSeconds)
      if let end = band.toSeconds { writer.member("toSeconds", end) }
      writer.endObject()
    }
    writer.member("ledgerWrites", ledgerWrites)
    writer.member("ledgerUnknown", ledgerUnknown)
    writer.key("load")
    writer.rawValue(Array(load.json.dropLast()))
    writer.endObject()
    return writer.bytes
  }
}
