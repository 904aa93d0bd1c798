/// The Prometheus text exposition format, version 0.0.4.
public enum PrometheusText {
  public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  /// One page with every metric of the registry, UTF-8. Each value is read once, without a common instant.
  public static func render(_ registry: MetricRegistry) -> [UInt8] { Array(text(registry).utf8) }

  /// The same page as a string.
  public static func text(_ registry: MetricRegistry) -> String {
    var page = ""
    for family in registry.families {
      page += "# HELP \(family.name) \(escape(family.help, quotes: false))\n"
      page += "# TYPE \(family.name) \(family.kind.rawValue)\n"
      for series in family.series { append(series, of: family.name, to: &page) }
    }
    return page
  }

  private static func append(_ series: MetricRegistry.Series, of name: String, to page: inout String) {
    switch series.source {
    case .counter(let counter): page += "\(name)\(labels(series.labels)) \(counter.current)\n"
    case .gauge(let gauge): page += "\(name)\(labels(series.labels)) \(gauge.current)\n"
    case .sampled(let read): page += "\(name)\(labels(series.labels)) \(number(read()))\n"
    case .histogram(let histogram): append(histogram, series.labels, of: name, to: &page)
    }
  }

  private static func append(
    _ histogram: LatencyHistogram, _ given: MetricRegistry.Labels, of name: String, to page: inout String
  ) {
    let octaves = histogram.cumulativeOctaves()
    // The last octave also holds what was longer, so that its edge bounds nothing; `+Inf` stands for it.
    for octave in octaves.dropLast() {
      let edge = number(Double(octave.edge) / 1e9)
      page += "\(name)_bucket\(labels(given + [(name: "le", value: edge)])) \(octave.count)\n"
    }
    let total = octaves.last?.count ?? 0
    page += "\(name)_bucket\(labels(given + [(name: "le", value: "+Inf")])) \(total)\n"
    page += "\(name)_sum\(labels(given)) \(number(Double(histogram.sumNanoseconds) / 1e9))\n"
    page += "\(name)_count\(labels(given)) \(total)\n"
  }

  private static func labels(_ labels: MetricRegistry.Labels) -> String {
    guard !labels.isEmpty else { return "" }
    return "{" + labels.map { "\($0.name)=\"\(escape($0.value, quotes: true))\"" }.joined(separator: ",") + "}"
  }

  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    return value == value.rounded() && value.magnitude < 1e15 ? "\(Int64(value))" : "\(value)"
  }

  private static func escape(_ text: String, quotes: Bool) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
