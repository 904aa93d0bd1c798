import Testing

@testable import Load

@Suite struct ReportPageTests {
  /// With markup wherever a run may bring text of its own.
  private var hostile: RunReport {
    let markup = "</script><script>alert(1)</script>\"'&<img src=x>"
    var report = ReportSamples.report()
    report.settings.workload = markup
    report.settings.endpoints = [markup]
    report.settings.stages = markup
    report.startedAt = markup
    report.operations[0].kind = markup
    report.total.kind = markup
    report.errors[0].type = markup
    report.assertions = [AssertionResult(text: markup, isHeld: false, measured: markup)]
    return report
  }

  private func count(_ part: String, in text: String) -> Int {
    text.split(separator: part, omittingEmptySubsequences: false).count - 1
  }

  @Test("Text of a run never becomes markup") func escaping() {
    let (plain, page) = (ReportSamples.report().html, hostile.html)
    #expect(!page.contains("<script>alert"))
    #expect(!page.contains("<img"))
    #expect(page.contains("&lt;img src=x&gt;"))
    #expect(page.contains("\\u003cimg src=x>"))
    #expect(count("<script", in: page) == count("<script", in: plain))
    #expect(count("</script", in: page) == count("</script", in: plain))
    #expect(HTMLText.escaped("a<b> & \"c\" 'd' é") == "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39; é")
  }

  @Test("A page loads nothing, and forbids itself to") func selfContained() {
    let page = ReportSamples.report().html
    for reference in ["src=", "href=", "url(", "@import", "fetch(", "XMLHttpRequest", "innerHTML"] {
      #expect(!page.contains(reference), "the page contains \(reference)")
    }
    #expect(page.contains("default-src 'none'"))
  }

  @Test("A page shows loop, charts, every kind, errors, settings, costs and assertions") func contents() {
    var report = ReportSamples.report()
    report.assertions = [AssertionResult(text: "p99<10ms", isHeld: true, measured: "6.4 ms")]
    let page = report.html
    for part in [
      "Open loop: 2000 operations a second", "Latency over time", "Latency by percentile", "Throughput", "Errors",
      "The dashed line is the rate, 2000.", "<td>update</td>", "Service time", "ThrottlingException",
      "foreseen by the workload", "✓ held",
      "12.3 µs", "1050.5 units", "warm-up", ">99.9 %<",
    ] {
      #expect(page.contains(part), "the page lacks \(part)")
    }
    #expect(page.contains("<p class=\"loop\">"))
  }

  @Test("A closed loop is marked with a caution, and a run without errors says so") func closed() {
    let values = ReportSamples.values(10, 1)
    let report = ReportSamples.report(
      ReportSamples.closed, seconds: [ReportSamples.second(1, read: values, update: values)])
    #expect(report.html.contains("<p class=\"loop caution\">Closed loop: each client waits"))
    #expect(report.html.contains("No errors in any second."))
    #expect(!report.html.contains("dashed line"))
  }

  @Test("A second without answers is a gap in the latency, and zero in the throughput") func gap() {
    let (values, none) = (ReportSamples.values(10, 1), SecondValues())
    let seconds = [values, values, none, values].enumerated().map { index, values in
      ReportSamples.second(Double(index + 1), read: values, update: values)
    }
    let page = ReportSamples.report(seconds: seconds).html
    // Three lines of latency in two pieces each, four of percentiles, one of throughput.
    #expect(count("<path class=\"line", in: page) == 3 * 2 + 4 + 1)
  }

  @Test("A run without seconds or operations still makes a page") func empty() {
    var report = ReportSamples.report(seconds: [])
    report.operations = []
    report.total = OperationReport(kind: "all", latency: LatencySummary(), serviceTime: LatencySummary())
    #expect(report.html.hasSuffix("</html>\n"))
  }

  @Test("A long run has no more points than there is room for, and loses neither spike nor operation") func longRun() {
    var seconds = (1...5000).map { second in
      ReportSamples.second(Double(second), read: ReportSamples.values(10, 1), update: ReportSamples.values(10, 1))
    }
    seconds[3000].total.maxMs = 777
    let page = ReportSamples.report(seconds: seconds).html
    #expect(page.contains("A point is the worst of 5 seconds."))
    #expect(page.contains("\"777 ms\""))
    #expect(page.contains("\"place\":[\"5 s\",\"10 s\","))
    #expect(!page.contains("\"place\":[\"1 s\","))
  }

  @Test("Axes have round ends and round ticks") func axes() {
    let log = ChartAxis.logarithmic([0, 0.3, 40])
    #expect(log.ticks.map(\.label) == ["0.2", "0.5", "1", "2", "5", "10", "20", "50"])
    #expect(log.position(0.2) == 0 && log.position(50) == 1 && log.position(0) == 0)
    #expect(ChartAxis.logarithmic([0.02, 9000]).ticks.map(\.label) == ["0.1", "1", "10", "100", "1000", "10k"])
    #expect(ChartAxis.logarithmic([10, 10]).ticks.map(\.label) == ["10", "20"])
    #expect(ChartAxis.logarithmic([]).ticks.isEmpty)
    #expect(ChartAxis.fromZero(to: 9300).ticks.map(\.label) == ["0", "2000", "4000", "6000", "8000", "10k"])
    #expect(ChartAxis.fromZero(to: 0).position(0) == 0)
    #expect(
      ChartAxis.seconds(from: -5, to: 30).ticks.map(\.label) == [
        "-5 s", "0 s", "5 s", "10 s", "15 s", "20 s", "25 s", "30 s",
      ])
    let shares = ChartAxis.shares(of: 2000)
    #expect(shares.ticks.map(\.label) == ["0 %", "50 %", "90 %", "99 %", "99.9 %"])
    #expect(shares.position(ChartAxis.nines(1)) == 1)
    #expect(abs(shares.position(ChartAxis.nines(0.9)) * 2 - shares.position(ChartAxis.nines(0.99))) < 1e-9)
  }
}
