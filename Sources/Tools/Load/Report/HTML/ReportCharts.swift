/// The charts of a report's page.
package struct ReportCharts {
  /// More points than a chart has room for are taken together.
  static let pointsMax = 1200

  private let report: RunReport
  private let seconds: [SecondReport]
  private let secondsAPoint: Int
  private let time: ChartAxis
  private let bands: [ChartBand]

  package init(_ report: RunReport, bands: [ChartBand] = []) {
    self.report = report
    self.bands = bands
    secondsAPoint = max(1, (report.seconds.count + Self.pointsMax - 1) / Self.pointsMax)
    seconds = Self.thinned(report.seconds, by: secondsAPoint)
    let first = report.seconds.first.map { min(0, $0.atSeconds - $0.lengthSeconds) } ?? 0
    time = .seconds(from: first, to: report.seconds.last?.atSeconds ?? report.elapsedMs / 1000)
  }

  package var html: String {
    guard !seconds.isEmpty else { return percentiles.html }
    let errors = seconds.contains { $0.total.errors > 0 }
    return latency.html + percentiles.html + throughput.html
      + (errors ? self.errors.html : "<p class=\"none\">No errors in any second.</p>\n")
  }

  /// Of seconds that are taken together the worst is shown, so that no spike is lost; operations and errors are added.
  private static func thinned(_ seconds: [SecondReport], by count: Int) -> [SecondReport] {
    guard count > 1 else { return seconds }
    return stride(from: 0, to: seconds.count, by: count).map { start in
      var sum = seconds[start]
      for second in seconds[start..<min(start + count, seconds.count)].dropFirst() {
        sum.atSeconds = second.atSeconds
        sum.lengthSeconds += second.lengthSeconds
        sum.total.operations += second.total.operations
        sum.total.errors += second.total.errors
        sum.total.p50Ms = max(sum.total.p50Ms, second.total.p50Ms)
        sum.total.p99Ms = max(sum.total.p99Ms, second.total.p99Ms)
        sum.total.maxMs = max(sum.total.maxMs, second.total.maxMs)
      }
      return sum
    }
  }

  private var warmUpEnd: Double? { report.seconds.first?.isWarmUp == true ? 0 : nil }

  private var thinning: String { secondsAPoint > 1 ? " A point is the worst of \(secondsAPoint) seconds." : "" }

  private func points(_ value: (SecondReport) -> Double?, _ text: (Double) -> String) -> [LineChart.Point] {
    seconds.map { second in
      let y = value(second)
      return LineChart.Point(
        x: second.atSeconds, y: y, place: Decimals.shortest(second.atSeconds, 1) + " s", value: y.map(text) ?? "")
    }
  }

  private static func milliseconds(_ value: Double) -> String { Decimals.shortest(value, 3) + " ms" }

  private var latency: LineChart {
    let names: [(String, Int, KeyPath<SecondValues, Double>)] = [
      ("max", 3, \.maxMs), ("p99", 2, \.p99Ms), ("p50", 1, \.p50Ms),
    ]
    let values = seconds.filter { $0.total.operations > 0 }.flatMap { second in
      names.map { second.total[keyPath: $0.2] }
    }
    return LineChart(
      title: "Latency over time",
      caption:
        "Milliseconds, on a logarithmic scale; all operations of a second together. A gap is a second without answers."
        + thinning,
      xAxis: time, yAxis: .logarithmic(values),
      series: names.map { name, colour, path in
        LineChart.Series(
          name: name, colour: colour,
          points: points(
            { second in
              let value = second.total[keyPath: path]
              return second.total.operations > 0 && value > 0 ? value : nil
            }, Self.milliseconds))
      }, warmUpEnd: warmUpEnd, bands: bands)
  }

  private var percentiles: LineChart {
    let shown = report.operations.count > 1 ? [report.total] + report.operations : [report.total]
    var curves = shown.enumerated().map { index, operation in
      Self.curve(operation.kind, colour: min(index + 1, 7), operation.latency)
    }
    if report.settings.isOpenLoop {
      curves.append(Self.curve("\(report.total.kind), service time", colour: 8, report.total.serviceTime))
    }
    return LineChart(
      title: "Latency by percentile",
      caption:
        "The share of the operations that took at most so many milliseconds; each further nine takes the same room."
        + (report.settings.isOpenLoop ? " Service time counts from the moment of sending." : ""),
      xAxis: .shares(of: report.total.latency.count),
      yAxis: .logarithmic(curves.flatMap { $0.points.compactMap(\.y) }), series: curves)
  }

  private static func curve(_ name: String, colour: Int, _ times: LatencySummary) -> LineChart.Series {
    // The slowest of n operations lies where one of n is beyond.
    let last = ChartAxis.nines(1 - 1 / Double(max(times.count, 1)))
    let points = times.percentiles.map { percentile in
      LineChart.Point(
        x: min(ChartAxis.nines(percentile.quantile), last), y: percentile.valueMs > 0 ? percentile.valueMs : nil,
        place: percentile.quantile >= 1 ? "max" : Decimals.shortest(percentile.quantile * 100, 4) + " %",
        value: milliseconds(percentile.valueMs))
    }
    return LineChart.Series(name: name, colour: colour, points: points)
  }

  private var throughput: LineChart {
    let rate = { (second: SecondReport) -> Double? in
      second.lengthSeconds > 0 ? Double(second.total.operations) / second.lengthSeconds : nil
    }
    let highest = max(seconds.compactMap(rate).max() ?? 0, report.settings.rate ?? 0)
    return LineChart(
      title: "Throughput", caption: "Operations answered a second, errors included." + rateNote, xAxis: time,
      yAxis: .fromZero(to: highest),
      series: [
        LineChart.Series(
          name: "operations a second", colour: 1, shape: .area,
          points: points(rate) { Decimals.shortest($0, 1) })
      ], height: 200, mark: report.settings.rate, warmUpEnd: warmUpEnd, bands: bands)
  }

  private var rateNote: String {
    guard let rate = report.settings.rate else { return "" }
    let what = report.settings.stages.isEmpty ? "rate" : "highest rate of the stages"
    return " The dashed line is the \(what), \(Decimals.shortest(rate, 1))."
  }

  private var errors: LineChart {
    LineChart(
      title: "Errors", caption: "In each second.", xAxis: time,
      yAxis: .fromZero(to: Double(seconds.map(\.total.errors).max() ?? 0)),
      series: [
        LineChart.Series(
          name: "errors", colour: 3, shape: .bars,
          points: points({ Double($0.total.errors) }) { Decimals.shortest($0, 0) })
      ], height: 140, warmUpEnd: warmUpEnd, bands: bands)
  }
}
