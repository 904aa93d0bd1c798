/// What changed from one run to another, and whether it is more than noise.
public struct RunComparison: Sendable {
  struct Difference: Sendable {
    var kind: String
    var metric: ComparedMetric
    var before: Double
    var after: Double
    var verdict: NoiseTest.Verdict

    /// Nil where nothing changed.
    var isBetter: Bool? { before == after ? nil : (after > before) == metric.isBetterWhenHigher }
  }

  /// How a run is called in the answer, such as its file.
  var names: (before: String, after: String)
  /// Why the runs may not be comparable.
  var warnings: [String]
  /// By kind, in the order of the first run, all together at the end.
  var differences: [Difference]

  /// - Parameters:
  ///   - before: compared with `after`; an improvement is one of `after`.
  ///   - names: of the two, for the answer.
  public init(_ before: RunReport, _ after: RunReport, names: (before: String, after: String)) {
    self.names = names
    warnings = Self.warnings(before, after)
    differences = []
    for (place, operation) in before.operations.enumerated() {
      guard let other = after.operations.firstIndex(where: { $0.kind == operation.kind }) else { continue }
      compare(
        (operation, Self.series(before) { $0.kinds[place] }),
        (after.operations[other], Self.series(after) { $0.kinds[other] }))
    }
    if max(before.operations.count, after.operations.count) != 1 {
      compare((before.total, Self.series(before, \.total)), (after.total, Self.series(after, \.total)))
    }
  }

  private typealias Series = [(values: SecondValues, lengthSeconds: Double)]

  /// Without the warm-up, and without a piece of a second at the end.
  private static func series(_ report: RunReport, _ values: (SecondReport) -> SecondValues) -> Series {
    report.seconds.filter { !$0.isWarmUp && $0.lengthSeconds >= 0.5 }.map { (values($0), $0.lengthSeconds) }
  }

  private mutating func compare(
    _ before: (operation: OperationReport, series: Series), _ after: (operation: OperationReport, series: Series)
  ) {
    for metric in ComparedMetric.allCases {
      let seconds = { (series: Series) in
        series.compactMap { metric.value(of: $0.values, lengthSeconds: $0.lengthSeconds) }
      }
      differences.append(
        Difference(
          kind: before.operation.kind, metric: metric, before: metric.value(of: before.operation),
          after: metric.value(of: after.operation),
          verdict: NoiseTest.verdict(seconds(before.series), seconds(after.series))))
    }
  }

  private static func warnings(_ before: RunReport, _ after: RunReport) -> [String] {
    let (left, right) = (before.settings, after.settings)
    var warnings: [String] = []
    func note(_ what: String, _ values: (String, String)) {
      if values.0 != values.1 { warnings.append("\(what) differ: \(values.0) and \(values.1)") }
    }
    if left.isOpenLoop != right.isOpenLoop {
      warnings.append(
        "one run is an open loop and the other a closed one: their latencies do not measure the same, since "
          + "closed-loop tails hide stalls")
    }
    note("workloads", (left.workload, right.workload))
    note("seeds", ("\(left.seed)", "\(right.seed)"))
    note("numbers of clients", ("\(left.clients)", "\(right.clients)"))
    if let one = left.rate, let other = right.rate {
      note("rates", (Decimals.shortest(one, 2) + " /s", Decimals.shortest(other, 2) + " /s"))
    }
    note("stages", (left.stages.isEmpty ? "none" : left.stages, right.stages.isEmpty ? "none" : right.stages))
    note("durations", (seconds(left.durationMs), seconds(right.durationMs)))
    note("warm-ups", (seconds(left.warmUpMs), seconds(right.warmUpMs)))
    note("kinds of operation", (kinds(before), kinds(after)))
    return warnings
  }

  private static func seconds(_ milliseconds: Double) -> String { Decimals.shortest(milliseconds / 1000, 1) + " s" }

  private static func kinds(_ report: RunReport) -> String { report.operations.map(\.kind).joined(separator: ", ") }
}
