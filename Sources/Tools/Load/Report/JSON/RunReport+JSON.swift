package import Items

/// The JSON form of a report, which `--json` writes and `compare` reads. Names end in their unit; times are
/// milliseconds. ``RunReport/init(parsing:)`` tells the members.
extension RunReport {
  /// Of the format; raised where an older reader would misunderstand.
  static let format = 1

  /// One line, with its line break.
  public var json: [UInt8] {
    var writer = JSONWriter(capacity: 16_384 + seconds.count * 512)
    writer.beginObject()
    writer.member("format", Self.format)
    writer.key("settings")
    writer.settings(settings)
    writer.member("startedAt", startedAt)
    writer.member("elapsedMs", elapsedMs)
    writer.array("operations", operations) { $0.operation($1) }
    writer.key("total")
    writer.operation(total)
    writer.array("errors", errors) { $0.error($1) }
    writer.member("retries", retries)
    writer.member("missed", missed)
    writer.member("consumedCapacityUnits", consumedCapacity)
    writer.member("cpuMicrosecondsPerOperation", cpuMicrosecondsPerOperation)
    writer.array("assertions", assertions) { $0.assertion($1) }
    writer.array("seconds", seconds) { $0.second($1) }
    writer.endObject()
    return writer.bytes + [UInt8(ascii: "\n")]
  }
}

extension JSONWriter {
  package mutating func member(_ name: StaticString, _ value: String) {
    key(name)
    string(value)
  }

  package mutating func member(_ name: StaticString, _ value: Int) {
    key(name)
    integer(value)
  }

  package mutating func member(_ name: StaticString, _ value: Bool) {
    key(name)
    bool(value)
  }

  package mutating func member(_ name: StaticString, _ value: Double?) {
    key(name)
    if let value { double(value) } else { null() }
  }

  package mutating func array<Element>(
    _ name: StaticString, _ elements: [Element], _ write: (inout JSONWriter, Element) -> Void
  ) {
    key(name)
    beginArray()
    for element in elements { write(&self, element) }
    endArray()
  }

  fileprivate mutating func settings(_ settings: RunSettings) {
    beginObject()
    member("loop", settings.isOpenLoop ? "open" : "closed")
    member("workload", settings.workload)
    key("seed")
    rawValue(Array("\(settings.seed)".utf8))
    array("endpoints", settings.endpoints) { $0.string($1) }
    member("clients", settings.clients)
    member("ratePerSecond", settings.rate)
    member("stages", settings.stages)
    member("durationMs", settings.durationMs)
    member("warmUpMs", settings.warmUpMs)
    endObject()
  }

  fileprivate mutating func operation(_ operation: OperationReport) {
    beginObject()
    member("kind", operation.kind)
    member("count", operation.count)
    member("errors", operation.errors)
    member("perSecond", operation.perSecond)
    key("latency")
    times(operation.latency)
    key("serviceTime")
    times(operation.serviceTime)
    endObject()
  }

  private mutating func times(_ times: LatencySummary) {
    beginObject()
    member("count", times.count)
    member("meanMs", times.meanMs)
    member("p50Ms", times.p50Ms)
    member("p90Ms", times.p90Ms)
    member("p95Ms", times.p95Ms)
    member("p99Ms", times.p99Ms)
    member("p999Ms", times.p999Ms)
    member("maxMs", times.maxMs)
    array("percentiles", times.percentiles) { writer, percentile in
      writer.beginObject()
      writer.member("quantile", percentile.quantile)
      writer.member("valueMs", percentile.valueMs)
      writer.endObject()
    }
    endObject()
  }

  fileprivate mutating func second(_ second: SecondReport) {
    beginObject()
    member("atSeconds", second.atSeconds)
    member("lengthSeconds", second.lengthSeconds)
    key("total")
    values(second.total)
    array("kinds", second.kinds) { $0.values($1) }
    endObject()
  }

  private mutating func values(_ values: SecondValues) {
    beginObject()
    member("operations", values.operations)
    member("errors", values.errors)
    member("p50Ms", values.p50Ms)
    member("p95Ms", values.p95Ms)
    member("p99Ms", values.p99Ms)
    member("p999Ms", values.p999Ms)
    member("maxMs", values.maxMs)
    endObject()
  }

  fileprivate mutating func error(_ error: ErrorCount) {
    beginObject()
    member("type", error.type)
    member("count", error.count)
    member("isExpected", error.isExpected)
    endObject()
  }

  fileprivate mutating func assertion(_ assertion: AssertionResult) {
    beginObject()
    member("text", assertion.text)
    member("isHeld", assertion.isHeld)
    member("measured", assertion.measured)
    endObject()
  }
}
