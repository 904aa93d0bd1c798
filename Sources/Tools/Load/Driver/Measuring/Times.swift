internal import Histogram

/// A distribution of times in nanoseconds, to three significant digits from a microsecond to an hour.
struct Times: Sendable {
  private var histogram = Histogram<UInt32>(
    lowestDiscernibleValue: 1_000, highestTrackableValue: LoadLimits.latencyNanosecondsMax,
    numberOfSignificantValueDigits: .three)

  var count: Int { Int(histogram.totalCount) }

  mutating func record(_ nanoseconds: UInt64) {
    histogram.record(min(nanoseconds, LoadLimits.latencyNanosecondsMax))
  }

  mutating func add(_ other: Times) {
    if other.count > 0 { histogram.add(other.histogram) }
  }

  mutating func reset() {
    if count > 0 { histogram.reset() }
  }

  /// - Parameter quantile: of 1.
  func milliseconds(at quantile: Double) -> Double {
    guard count > 0 else { return 0 }
    // The upper end of a bucket may lie beyond what was recorded.
    return Double(min(histogram.valueAtPercentile(quantile * 100), histogram.maxRecorded)) / 1e6
  }

  var summary: LatencySummary {
    guard count > 0 else { return LatencySummary() }
    return LatencySummary(
      count: count, meanMs: histogram.mean / 1e6, p50Ms: milliseconds(at: 0.5), p90Ms: milliseconds(at: 0.9),
      p95Ms: milliseconds(at: 0.95), p99Ms: milliseconds(at: 0.99), p999Ms: milliseconds(at: 0.999),
      maxMs: Double(histogram.maxRecorded) / 1e6, percentiles: curve)
  }

  /// Finer towards the end, where the story is; no finer than what was recorded can tell.
  private var curve: [Percentile] {
    var points = [Percentile(quantile: 0, valueMs: Double(histogram.minNonZero) / 1e6)]
    var tail = 1.0
    while true {
      for step in 0..<Self.stepsBetweenHalves {
        let quantile = 1 - tail * (1 - Double(step) / Double(2 * Self.stepsBetweenHalves))
        if quantile > 0 { points.append(Percentile(quantile: quantile, valueMs: milliseconds(at: quantile))) }
      }
      tail /= 2
      if tail * Double(count) < 1 { break }
    }
    points.append(Percentile(quantile: 1, valueMs: Double(histogram.maxRecorded) / 1e6))
    return points
  }

  private static let stepsBetweenHalves = 5
}
