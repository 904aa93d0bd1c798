extension RunReport {
  /// One page that needs nothing else: no file, no network, not even its script, which only shows numbers under the
  /// pointer.
  public var html: String {
    PageFrame.html(
      title: "Load \(settings.workload), \(startedAt)",
      body: """
        <header>
        <h1>Load: \(HTMLText.escaped(settings.workload))</h1>
        <p class="loop\(settings.isOpenLoop ? "" : " caution")">\(HTMLText.escaped(loopSentence))</p>
        <p class="run">\(HTMLText.escaped(settings.runLine))</p>
        <p class="run">begun \(HTMLText.escaped(startedAt))</p>
        </header>
        \(tiles)\(assertionSection)\(ReportCharts(self).html)\(kindSection)\(errorSection)\(settingsSection)
        """)
  }

  private var loopSentence: String {
    let line = settings.loopLine
    return line.prefix(1).uppercased() + line.dropFirst() + "."
  }

  /// The numbers that say most.
  package var tiles: String {
    let latency = total.latency
    let tiles = [
      ("operations a second", Decimals.fixed(total.perSecond, total.perSecond < 100 ? 1 : 0)),
      ("p50", Self.shownMs(latency.p50Ms)), ("p99", Self.shownMs(latency.p99Ms)),
      ("p99.9", Self.shownMs(latency.p999Ms)), ("max", Self.shownMs(latency.maxMs)), ("errors", "\(total.errors)"),
    ]
    return "<section class=\"tiles\">"
      + tiles.map { "<div><b>\(HTMLText.escaped($0.1))</b><span>\(HTMLText.escaped($0.0))</span></div>" }.joined()
      + "</section>\n"
  }

  private static func shownMs(_ value: Double) -> String { Decimals.fixed(value, value < 100 ? 2 : 0) + " ms" }

  private var assertionSection: String {
    guard !assertions.isEmpty else { return "" }
    let rows = assertions.map { result in
      "<tr><td class=\"\(result.isHeld ? "held" : "missed")\">\(result.isHeld ? "✓ held" : "✗ missed")</td>"
        + "<td><code>\(HTMLText.escaped(result.text))</code></td>"
        + "<td>measured: \(HTMLText.escaped(result.measured))</td></tr>\n"
    }
    return "<section><h2>Assertions</h2><table><tbody>\n\(rows.joined())</tbody></table></section>\n"
  }

  /// A table of latencies for each kind of operation.
  package var kindSection: String {
    var html = "<section><h2>By kind of operation</h2>\n" + table(\.latency)
    if settings.isOpenLoop {
      html += "<h3>Service time, from the moment of sending</h3>\n" + table(\.serviceTime)
    }
    return html + "</section>\n"
  }

  private func table(_ times: KeyPath<OperationReport, LatencySummary>) -> String {
    HTMLText.table(
      [
        "kind", "operations", "errors", "ops/sec", "mean ms", "p50 ms", "p90 ms", "p95 ms", "p99 ms", "p99.9 ms",
        "max ms",
      ],
      (operations + (operations.count == 1 ? [] : [total])).map { operation in
        let summary = operation[keyPath: times]
        return [operation.kind, "\(operation.count)", "\(operation.errors)", Decimals.fixed(operation.perSecond, 1)]
          + [
            summary.meanMs, summary.p50Ms, summary.p90Ms, summary.p95Ms, summary.p99Ms, summary.p999Ms, summary.maxMs,
          ].map { Decimals.fixed($0, 2) }
      })
  }

  package var errorSection: String {
    guard !errors.isEmpty else { return "" }
    return "<section><h2>Errors by type</h2>\n"
      + HTMLText.table(
        ["type", "", "count"],
        errors.map { [$0.type, $0.isExpected ? "foreseen by the workload" : "", "\($0.count)"] }, words: 2)
      + "</section>\n"
  }

  private var settingsSection: String {
    var rows = [
      ["workload", settings.workload], ["seed", "\(settings.seed)"],
      ["loop", settings.isOpenLoop ? "open" : "closed"], ["clients", "\(settings.clients)"],
      ["endpoints", settings.endpoints.joined(separator: ", ")],
      ["measured", Decimals.shortest(elapsedMs / 1000, 2) + " s"],
      ["warm-up", Decimals.shortest(settings.warmUpMs / 1000, 2) + " s"],
      ["begun", startedAt], ["retries", "\(retries)"],
      ["own CPU an operation", Decimals.fixed(cpuMicrosecondsPerOperation, 1) + " µs"],
    ]
    if let rate = settings.rate { rows.append(["rate", Decimals.shortest(rate, 2) + " operations a second"]) }
    if !settings.stages.isEmpty { rows.append(["stages", settings.stages]) }
    if settings.isOpenLoop { rows.append(["asked for by the rate but not begun", "\(missed)"]) }
    if let consumedCapacity { rows.append(["consumed capacity", Decimals.shortest(consumedCapacity, 1) + " units"]) }
    return "<section><h2>Settings and costs</h2>\n" + HTMLText.table([], rows, words: 2) + "</section>\n"
  }
}
