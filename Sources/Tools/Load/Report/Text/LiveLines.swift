/// What a running load prints each second: the columns of `cockroach workload run`, one line for each kind of
/// operation, so that eyes and scripts which know those can read these. `errors` and `ops/sec(cum)` count from the
/// beginning of the measured time, the others the last second.
///
/// Source: the documentation of `cockroach workload`.
public struct LiveLines: Sendable {
  static let header =
    "_elapsed___errors__ops/sec(inst)___ops/sec(cum)__p50(ms)__p95(ms)__p99(ms)_pMax(ms)"
  static let linesBetweenHeadersMax = 20

  private struct Sum {
    var operations = 0
    var errors = 0
  }

  private let kinds: [String]
  private var sums: [Sum]
  private var elapsedSeconds = 0.0
  private var wasWarmUp = false
  private var linesSinceHeader: Int?

  public init(kinds: [String]) {
    self.kinds = kinds
    sums = Array(repeating: Sum(), count: kinds.count)
  }

  /// The lines of one second, each with its line break. Seconds come in order.
  public mutating func lines(for second: SecondReport) -> String {
    guard second.kinds.count == kinds.count else { fatalError("A second has other kinds of operations than its run.") }
    if wasWarmUp && !second.isWarmUp { beginMeasuredTime() }
    wasWarmUp = second.isWarmUp
    elapsedSeconds += second.lengthSeconds
    var text = header()
    for index in kinds.indices {
      sums[index].operations += second.kinds[index].operations
      sums[index].errors += second.kinds[index].errors
      text += line(index, second)
    }
    linesSinceHeader = (linesSinceHeader ?? 0) + kinds.count
    return text
  }

  private mutating func beginMeasuredTime() {
    sums = Array(repeating: Sum(), count: kinds.count)
    elapsedSeconds = 0
  }

  private mutating func header() -> String {
    if let lines = linesSinceHeader, lines < Self.linesBetweenHeadersMax { return "" }
    linesSinceHeader = 0
    return Self.header + "\n"
  }

  private func line(_ index: Int, _ second: SecondReport) -> String {
    let values = second.kinds[index]
    let cells = [
      Decimals.padded(Decimals.fixed(second.atSeconds, 1) + "s", 8),
      Decimals.padded("\(sums[index].errors)", 8),
      Decimals.padded(Self.rate(values.operations, second.lengthSeconds), 14),
      Decimals.padded(Self.rate(sums[index].operations, elapsedSeconds), 14),
    ]
    let times = [values.p50Ms, values.p95Ms, values.p99Ms, values.maxMs].map {
      Decimals.padded(Decimals.fixed($0, 1), 8)
    }
    return (cells + times + [kinds[index]]).joined(separator: " ") + (second.isWarmUp ? " (warm-up)" : "") + "\n"
  }

  private static func rate(_ operations: Int, _ seconds: Double) -> String {
    Decimals.fixed(seconds > 0 ? Double(operations) / seconds : 0, 1)
  }
}
