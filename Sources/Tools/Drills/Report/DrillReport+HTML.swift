internal import Load

extension DrillReport {
  /// One page that needs nothing else: the verdict with its evidence, then latency, throughput and errors over time
  /// behind which the faults are drawn.
  public var html: String {
    PageFrame.html(
      title: "Drill: \(drill.title)",
      body: """
        <header>
        <h1>\(HTMLText.escaped(drill.title))</h1>
        <p class="verdict \(verdict == .held ? "held" : "missed")">\(verdictSentence)</p>
        <p class="run">drill \(HTMLText.escaped(drill.source)), topology \(HTMLText.escaped(drill.topology)), \
        begun \(HTMLText.escaped(load.startedAt))</p>
        </header>
        \(load.tiles)\(expectationSection)\(faultSection)\(ReportCharts(load, bands: chartBands).html)\
        \(load.kindSection)\(availabilitySection)\(load.errorSection)
        """)
  }

  private var verdictSentence: String {
    switch verdict {
    case .held: "✓ Every expectation held."
    case .missed: "✗ \(results.count { $0.isHeld == false }) of \(results.count) expectations were missed."
    case .invalid: "✗ Invalid: \(HTMLText.escaped(invalidity ?? ""))."
    }
  }

  private var expectationSection: String {
    let rows = results.map { result in
      let (style, word) =
        switch result.isHeld {
        case true?: ("held", "✓ held")
        case false?: ("missed", "✗ missed")
        case nil: ("", "not asked here")
        }
      return "<tr><td class=\"\(style)\">\(word)</td><td><code>\(HTMLText.escaped(result.expectation.text))</code>"
        + "<div class=\"run\">\(HTMLText.escaped(result.expectation.meaning))</div></td>"
        + "<td>\(HTMLText.escaped(result.measured))</td><td>\(HTMLText.escaped(result.evidence))</td></tr>\n"
    }
    return "<section><h2>Expectations</h2><div class=\"wide\"><table>"
      + "<thead><tr><th></th><th>expected</th><th>measured</th><th>evidence</th></tr></thead>\n<tbody>\n"
      + rows.joined() + "</tbody></table></div></section>\n"
  }

  private var faultSection: String {
    guard !bands.isEmpty else { return "" }
    let rows = bands.map { band in
      [
        band.text, Decimals.fixed(band.fromSeconds, 2) + " s",
        band.toSeconds.map { Decimals.fixed($0, 2) + " s" } ?? "not ended",
      ]
    }
    return "<section><h2>Faults</h2>\n" + HTMLText.table(["fault", "from", "to"], rows) + "</section>\n"
  }

  /// How much of what was asked for was answered well, for each kind of operation.
  private var availabilitySection: String {
    let rows = load.operations.map { operation in
      let well = operation.count - operation.errors
      let share = operation.count > 0 ? Double(well) / Double(operation.count) * 100 : 0
      return [operation.kind, "\(operation.count)", "\(operation.errors)", Decimals.fixed(share, 3) + " %"]
    }
    return "<section><h2>Availability</h2>\n"
      + HTMLText.table(["operation", "asked", "failed after retries", "answered well"], rows) + "</section>\n"
  }

  /// The load's clock and the timeline's begin within milliseconds of each other.
  private var chartBands: [ChartBand] {
    bands.map { ChartBand(from: $0.fromSeconds, to: $0.toSeconds ?? load.elapsedMs / 1_000, label: $0.text) }
  }
}
