internal import Glibc

/// One direction of a chart: which values it spans, and which of them are labelled.
struct ChartAxis: Sendable {
  struct Tick: Sendable, Equatable {
    var value: Double
    var label: String
  }

  var ticks: [Tick]
  private let lower: Double
  private let upper: Double
  private let isLogarithmic: Bool

  private init(_ lower: Double, _ upper: Double, isLogarithmic: Bool = false, ticks: [Tick]) {
    self.lower = lower
    self.upper = upper
    self.isLogarithmic = isLogarithmic
    self.ticks = ticks
  }

  /// From 0 to 1 within the axis; what lies outside is put at its nearer end.
  func position(_ value: Double) -> Double {
    let place =
      isLogarithmic
      ? log10(max(value, .leastNormalMagnitude) / lower) / log10(upper / lower)
      : (value - lower) / (upper - lower)
    return min(1, max(0, place))
  }

  /// From zero to a round number at or above `highest`.
  static func fromZero(to highest: Double) -> ChartAxis {
    let step = roundStep(above: max(highest, 1e-9) / 5)
    let count = max(1, Int((highest / step).rounded(.up)))
    let ticks = (0...count).map { Tick(value: Double($0) * step, label: number(Double($0) * step)) }
    return ChartAxis(0, Double(count) * step, ticks: ticks)
  }

  /// Seconds of a run.
  static func seconds(from first: Double, to last: Double) -> ChartAxis {
    let end = max(last, first + 1)
    let step = max(1, roundStep(above: (end - first) / 10))
    let ticks = stride(from: (first / step).rounded(.up) * step, through: end, by: step).map {
      Tick(value: $0, label: number($0) + " s")
    }
    return ChartAxis(first, end, ticks: ticks)
  }

  /// Powers of ten, and 2 and 5 between them where there are few; values of zero and below are left out of account.
  static func logarithmic(_ values: some Sequence<Double>) -> ChartAxis {
    var (lowest, highest) = (Double.infinity, 0.0)
    for value in values where value > 0 { (lowest, highest) = (min(lowest, value), max(highest, value)) }
    guard highest > 0 else { return ChartAxis(0.1, 10, isLogarithmic: true, ticks: []) }
    let rounds = (Int(log10(lowest).rounded(.down))...Int(log10(highest).rounded(.up)))
      .flatMap { power in [1, 2, 5].map { (value: $0 * pow(10, Double(power)), isPower: $0 == 1) } }
    let lower = rounds.last { $0.value <= lowest * 1.000_001 }?.value ?? lowest
    let upper = rounds.first { $0.value >= highest * 0.999_999 && $0.value > lower }?.value ?? highest * 2
    let ticks = rounds.filter { round in
      round.value >= lower && round.value <= upper && (round.isPower || upper / lower <= 2000)
    }
    return ChartAxis(
      lower, upper, isLogarithmic: true, ticks: ticks.map { Tick(value: $0.value, label: number($0.value)) })
  }

  /// Shares of operations as HDR plots show them: each further nine takes the same room.
  ///
  /// - Parameter count: of the operations; the slowest of them stands for the share beyond which one of `count` lies.
  static func shares(of count: Int) -> ChartAxis {
    let end = min(6, max(2, log10(Double(max(count, 1)))))
    let marks =
      [(0.0, "0"), (0.5, "50"), (0.9, "90"), (0.99, "99"), (0.999, "99.9"), (0.9999, "99.99")]
      + [(0.99999, "99.999"), (0.999999, "99.9999")]
    let ticks = marks.map { Tick(value: nines($0.0), label: $0.1 + " %") }.filter { $0.value <= end }
    return ChartAxis(0, end, ticks: ticks)
  }

  /// How many nines a share has: 2 for 0.99.
  static func nines(_ quantile: Double) -> Double { quantile >= 1 ? .infinity : -log10(1 - max(0, quantile)) }

  /// The next of 1, 2, 5, 10, 20 and so on.
  private static func roundStep(above step: Double) -> Double {
    let power = pow(10, log10(step).rounded(.down))
    return ([1, 2, 5].map { $0 * power }.first { $0 >= step * 0.999_999 }) ?? 10 * power
  }

  private static func number(_ value: Double) -> String {
    value >= 10_000 && value.truncatingRemainder(dividingBy: 1000) == 0
      ? Decimals.shortest(value / 1000, 0) + "k" : Decimals.shortest(value, 6)
  }
}
