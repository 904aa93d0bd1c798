internal import Environment

extension SecondRecorder {
  /// - Parameters:
  ///   - end: of the measured time.
  func report(settings: RunSettings, kinds: [String], end: Instant, missed: Int) -> RunReport {
    let elapsed = end.since(measuredStart)
    var all = Tally.Kind()
    for kind in total.measured { all.add(kind) }
    var report = RunReport(
      settings: settings, startedAt: startedAt, elapsedMs: elapsed.milliseconds,
      total: OperationReport("all", all, elapsed, settings),
      cpuMicrosecondsPerOperation: all.latency.count > 0 ? cpu.milliseconds * 1_000 / Double(all.latency.count) : 0)
    if report.settings.durationMs == 0 { report.settings.durationMs = report.elapsedMs }
    report.operations = zip(kinds, total.measured).map { OperationReport($0, $1, elapsed, settings) }
    report.seconds = seconds
    report.errors = total.errors.map { ErrorCount(type: $0.name, count: $1, isExpected: $0.isForeseen) }
      .sorted { ($1.count, $0.type) < ($0.count, $1.type) }
    report.retries = total.retries
    report.consumedCapacity = total.capacityUnits > 0 ? total.capacityUnits : nil
    report.missed = missed
    return report
  }
}

extension OperationReport {
  fileprivate init(_ name: String, _ kind: Tally.Kind, _ elapsed: Span, _ settings: RunSettings) {
    let latency = kind.latency.summary
    self.init(
      kind: name, count: kind.latency.count, errors: kind.errors,
      perSecond: elapsed > .zero ? Double(kind.latency.count) * 1_000 / elapsed.milliseconds : 0,
      latency: latency, serviceTime: settings.isOpenLoop ? kind.serviceTime.summary : latency)
  }
}

extension SecondReport {
  /// - Parameter interval: what was answered from `from` to `to`, of the warm-up's operations too.
  init(_ interval: Tally, from: Instant, to: Instant, measuredStart: Instant) {
    var all = Tally.Kind()
    var values: [SecondValues] = []
    for (measured, warmUp) in zip(interval.measured, interval.warmUp) {
      var kind = measured
      kind.add(warmUp)
      all.add(kind)
      values.append(SecondValues(kind))
    }
    let at = to >= measuredStart ? to.since(measuredStart).milliseconds : -measuredStart.since(to).milliseconds
    self.init(
      atSeconds: at / 1_000, lengthSeconds: to.since(from).milliseconds / 1_000, total: SecondValues(all),
      kinds: values)
  }
}

extension SecondValues {
  fileprivate init(_ kind: Tally.Kind) {
    let times = kind.latency
    self.init(
      operations: times.count, errors: kind.errors, p50Ms: times.milliseconds(at: 0.5),
      p95Ms: times.milliseconds(at: 0.95), p99Ms: times.milliseconds(at: 0.99), p999Ms: times.milliseconds(at: 0.999),
      maxMs: times.milliseconds(at: 1))
  }
}
