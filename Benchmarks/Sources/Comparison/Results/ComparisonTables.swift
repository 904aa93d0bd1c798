/// The tables of one comparison, in Markdown.
enum ComparisonTables {
  typealias Row = (title: String, measured: [Measurement])

  /// What each system measured.
  static func absolute(_ rows: [Row], systems: [String]) -> String {
    var text = """
      | case | system | ops/s | mean ms | p50 ms | p99 ms | p99.9 ms | max ms | errors | system CPU µs/op | driver CPU µs/op |
      | --- | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |

      """
    for row in rows {
      for (system, value) in zip(systems, row.measured) {
        let times = [value.meanMs, value.p50Ms, value.p99Ms, value.p999Ms, value.maxMs].map(Numbers.milliseconds)
        text += "| \(row.title) | \(system) | \(perSecond(value)) | " + times.joined(separator: " | ")
        text += " | \(value.errors) | \(Numbers.grouped(value.systemCPUMicroseconds))"
        text += " | \(Numbers.grouped(value.driverCPUMicroseconds)) |\n"
      }
    }
    return text
  }

  /// The first system against the second one: more operations and less time are better.
  static func ratios(_ rows: [Row], systems: [String]) -> String {
    guard systems.count == 2 else { return "" }
    var text = """
      | \(systems[0]) ÷ \(systems[1]) | ops/s | mean | p50 | p99 |
      | --- | --: | --: | --: | --: |

      """
    for row in rows {
      let (ours, theirs) = (row.measured[0], row.measured[1])
      let ratios = [
        ours.perSecond / theirs.perSecond, ours.meanMs / theirs.meanMs, ours.p50Ms / theirs.p50Ms,
        ours.p99Ms / theirs.p99Ms,
      ]
      text += "| \(row.title) | " + ratios.map(Numbers.ratio).joined(separator: " | ") + " |\n"
    }
    return text
  }

  /// What the column of errors counts; empty where there were none.
  static func errors(_ rows: [Row], systems: [String]) -> String {
    var text = ""
    for row in rows {
      for (system, value) in zip(systems, row.measured) {
        if let errors = value.errorText { text += "- Errors of \(system), \(row.title): \(errors).\n" }
      }
    }
    return text.isEmpty ? "" : text + "\n"
  }

  /// Of several rounds also what each of them had.
  private static func perSecond(_ value: Measurement) -> String {
    let mean = Numbers.grouped(value.perSecond)
    return value.rounds.count > 1 ? mean + " (" + value.rounds.map(Numbers.grouped).joined(separator: ", ") + ")" : mean
  }
}
