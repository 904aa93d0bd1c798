import Benchmark

/// Everything that is measured here; the plugin's generated `main` calls it.
let benchmarks: @Sendable () -> Void = {
  measureItems()
  measureExpressions()
  measureKeys()
  measureStore()
  measureJournal()
  measureConsensus()
}

extension Benchmark.Configuration {
  /// Each sample repeats its body 1,000 times, so that a clock of microseconds suffices for nanoseconds.
  static var quick: Self { measured([.wallClock, .throughput], .kilo) }

  /// Each sample is one call of the body. User CPU time comes in ticks of 10 ms, so only long samples show it.
  static var slow: Self { measured([.wallClock, .throughput, .cpuUser], .one) }

  private static func measured(_ metrics: [BenchmarkMetric], _ scale: BenchmarkScalingFactor) -> Self {
    Self(
      metrics: metrics, warmupIterations: 3, scalingFactor: scale, maxDuration: .seconds(2), maxIterations: 20_000)
  }
}

/// Runs what cannot fail in a sound build; where it does fail there is nothing to measure.
func must<Result>(_ body: () throws -> Result) -> Result {
  do { return try body() } catch { fatalError("A benchmark could not go on: \(error)") }
}
