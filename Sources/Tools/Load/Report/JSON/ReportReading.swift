internal import Items

extension RunReport {
  /// Reads what ``json`` wrote. Members that are not known are passed over; one that is missing or of another type is
  /// an error that names it.
  public init(parsing bytes: [UInt8]) throws(ReportError) {
    let json: JSONValue
    do {
      json = try JSONValue(parsing: bytes)
    } catch {
      throw ReportError("this is no report of a load: \(error.message)")
    }
    let report = ReportMember(json)
    guard let format = json["format"]?.integer, json["settings"] != nil else {
      throw ReportError("this is no report of a load: its members 'format' and 'settings' are missing")
    }
    guard format == Self.format else {
      throw ReportError("the report is of format \(format); this gantry reads format \(Self.format)")
    }
    try self.init(report)
    try checkKinds()
  }

  private init(_ report: ReportMember) throws(ReportError) {
    settings = try RunSettings(report["settings"])
    startedAt = try report["startedAt"].string()
    elapsedMs = try report["elapsedMs"].amount()
    operations = try report["operations"].elements(OperationReport.init)
    total = try OperationReport(report["total"])
    errors = try report["errors"].elements(ErrorCount.init)
    retries = try report["retries"].integer()
    missed = try report["missed"].integer()
    consumedCapacity = try report["consumedCapacityUnits"].optionalAmount()
    cpuMicrosecondsPerOperation = try report["cpuMicrosecondsPerOperation"].amount()
    assertions = try report["assertions"].elements(AssertionResult.init)
    seconds = try report["seconds"].elements(SecondReport.init)
  }

  private func checkKinds() throws(ReportError) {
    for (index, second) in seconds.enumerated() where second.kinds.count != operations.count {
      throw ReportError(
        "'seconds[\(index)].kinds' has \(second.kinds.count) elements; there should be one for each of the "
          + "\(operations.count) operations")
    }
  }
}

extension RunSettings {
  fileprivate init(_ settings: ReportMember) throws(ReportError) {
    workload = try settings["workload"].string()
    seed = try settings["seed"].unsigned()
    endpoints = try settings["endpoints"].elements { (endpoint) throws(ReportError) in try endpoint.string() }
    clients = try settings["clients"].integer()
    rate = try settings["ratePerSecond"].optionalAmount()
    stages = try settings["stages"].string()
    durationMs = try settings["durationMs"].amount()
    warmUpMs = try settings["warmUpMs"].amount()
  }
}

extension OperationReport {
  fileprivate init(_ operation: ReportMember) throws(ReportError) {
    kind = try operation["kind"].string()
    count = try operation["count"].integer()
    errors = try operation["errors"].integer()
    perSecond = try operation["perSecond"].amount()
    latency = try LatencySummary(operation["latency"])
    serviceTime = try LatencySummary(operation["serviceTime"])
  }
}

extension LatencySummary {
  fileprivate init(_ times: ReportMember) throws(ReportError) {
    count = try times["count"].integer()
    meanMs = try times["meanMs"].amount()
    p50Ms = try times["p50Ms"].amount()
    p90Ms = try times["p90Ms"].amount()
    p95Ms = try times["p95Ms"].amount()
    p99Ms = try times["p99Ms"].amount()
    p999Ms = try times["p999Ms"].amount()
    maxMs = try times["maxMs"].amount()
    percentiles = try times["percentiles"].elements(Percentile.init)
  }
}

extension Percentile {
  fileprivate init(_ percentile: ReportMember) throws(ReportError) {
    quantile = try percentile["quantile"].amount()
    valueMs = try percentile["valueMs"].amount()
  }
}

extension SecondReport {
  fileprivate init(_ second: ReportMember) throws(ReportError) {
    atSeconds = try second["atSeconds"].number()
    lengthSeconds = try second["lengthSeconds"].amount()
    total = try SecondValues(second["total"])
    kinds = try second["kinds"].elements(SecondValues.init)
  }
}

extension SecondValues {
  fileprivate init(_ values: ReportMember) throws(ReportError) {
    operations = try values["operations"].integer()
    errors = try values["errors"].integer()
    p50Ms = try values["p50Ms"].amount()
    p95Ms = try values["p95Ms"].amount()
    p99Ms = try values["p99Ms"].amount()
    p999Ms = try values["p999Ms"].amount()
    maxMs = try values["maxMs"].amount()
  }
}

extension ErrorCount {
  fileprivate init(_ error: ReportMember) throws(ReportError) {
    type = try error["type"].string()
    count = try error["count"].integer()
    isExpected = try error["isExpected"].bool()
  }
}

extension AssertionResult {
  fileprivate init(_ assertion: ReportMember) throws(ReportError) {
    text = try assertion["text"].string()
    isHeld = try assertion["isHeld"].bool()
    measured = try assertion["measured"].string()
  }
}
