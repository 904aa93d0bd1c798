import Items
import Testing

@testable import Load

@Suite struct CompareTests {
  /// Numbers that look like chance and are the same each time; each is `memory` times the one before plus something
  /// new.
  private func series(_ count: Int, seed: UInt64, memory: Double = 0, around mean: Double = 100) -> [Double] {
    var state = seed
    var last = 0.0
    return (0..<count).map { _ in
      var new = 0.0
      // The sum of twelve is near enough to a normal distribution.
      for _ in 0..<12 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        new += Double(state >> 33) / Double(1 << 31) - 0.5
      }
      last = memory * last + new
      return mean + 5 * last
    }
  }

  // MARK: The test

  @Test("Ranks begin at one, and equal values share theirs") func ranks() {
    let (ranks, ties) = NoiseTest.ranks([30, 10, 20, 20, 40, 20])
    #expect(ranks == [5, 1, 3, 3, 6, 3])
    #expect(ties == 24)
  }

  @Test("U's deviation is the normal approximation with ties and continuity corrected") func deviation() {
    // scipy.stats.mannwhitneyu([1, 2, 3, 4, 5, 6], [4, 5, 6, 7, 8, 9, 9]) has U = 4.5 and p = 0.0215403,
    // without its exact method.
    let deviation = NoiseTest.deviation([1, 2, 3, 4, 5, 6], [4, 5, 6, 7, 8, 9, 9])
    #expect(abs(deviation - 2.298378) < 0.000_001)
    #expect(NoiseTest.deviation([5, 5, 5], [5, 5, 5]) == 0)
  }

  @Test("A shift of a spread is more than noise; none is within it") func shift() {
    let (left, right) = (series(60, seed: 1), series(60, seed: 2))
    #expect(NoiseTest.verdict(left, right) == .withinNoise)
    #expect(NoiseTest.verdict(left, right.map { $0 + 5 }) == .moreThanNoise)
    #expect(NoiseTest.verdict(left.map { $0 + 5 }, right) == .moreThanNoise)
    #expect(NoiseTest.verdict(left, left) == .withinNoise)
  }

  @Test("Constant series are within noise when equal, and not when different") func constant() {
    #expect(NoiseTest.verdict(Array(repeating: 1, count: 30), Array(repeating: 1, count: 30)) == .withinNoise)
    #expect(NoiseTest.verdict(Array(repeating: 1, count: 30), Array(repeating: 2, count: 30)) == .moreThanNoise)
  }

  @Test("Few seconds are too short to tell, however far apart") func short() {
    #expect(NoiseTest.verdict([1, 2, 3, 4, 5], [100, 200, 300, 400, 500]) == .tooShort)
    #expect(NoiseTest.verdict([], []) == .tooShort)
    #expect(NoiseTest.verdict(series(60, seed: 1), series(9, seed: 2)) == .tooShort)
  }

  @Test("Seconds that follow each other closely count as fewer") func drift() {
    // A run that drifts from end to end is one observation, not sixty.
    let rising = (0..<60).map(Double.init)
    #expect(NoiseTest.verdict(rising, rising.map { $0 + 30 }) == .tooShort)
    #expect(NoiseTest.neighbours(rising) > 0.9)
    #expect(NoiseTest.neighbours(series(1000, seed: 3)).magnitude < 0.1)
    #expect(abs(NoiseTest.neighbours(series(5000, seed: 3, memory: 0.6)) - 0.6) < 0.05)
  }

  @Test(
    "Where there is no difference, at most one pair in twenty is said to differ, also when seconds hang together",
    arguments: [(30, 0.0), (30, 0.6), (60, 0.0), (60, 0.3), (60, 0.6), (60, 0.9), (300, 0.6)])
  func falseAlarms(count: Int, memory: Double) {
    let alarms = (0..<200).filter { pair in
      let left = series(count, seed: UInt64(pair) * 2 + 1, memory: memory)
      let right = series(count, seed: UInt64(pair) * 2 + 2, memory: memory)
      return NoiseTest.verdict(left, right) == .moreThanNoise
    }
    #expect(alarms.count <= 10)
  }

  @Test("A difference of two spreads is found in a minute, also when seconds hang together somewhat")
  func power() {
    let found = (0..<100).filter { pair in
      let left = series(60, seed: UInt64(pair) * 2 + 1, memory: 0.3)
      let right = series(60, seed: UInt64(pair) * 2 + 2, memory: 0.3).map { $0 + 10 }
      return NoiseTest.verdict(left, right) == .moreThanNoise
    }
    #expect(found.count >= 95)
  }

  // MARK: Two runs

  private func run(_ p50Ms: Double, seed: UInt64, seconds: Int = 30, settings: RunSettings = ReportSamples.open)
    -> RunReport
  {
    let times = series(seconds, seed: seed, around: 100).map { $0 / 100 * p50Ms }
    let rates = series(seconds, seed: seed + 100, around: 100)
    let list = (0..<seconds).map { index in
      ReportSamples.second(
        Double(index + 1), read: ReportSamples.values(Int(rates[index] * 10), times[index]),
        update: ReportSamples.values(50, 2))
    }
    var report = ReportSamples.report(settings, seconds: list)
    report.operations[0].latency = ReportSamples.times(p50Ms)
    return report
  }

  private func verdict(_ comparison: RunComparison, _ kind: String, _ metric: ComparedMetric) -> NoiseTest.Verdict? {
    comparison.differences.first { $0.kind == kind && $0.metric == metric }?.verdict
  }

  @Test("Only what changed is more than noise, by kind and by metric") func byKind() {
    let comparison = RunComparison(run(1, seed: 1), run(1.5, seed: 2), names: ("a.json", "b.json"))
    #expect(comparison.warnings == [])
    #expect(comparison.differences.map(\.kind).prefix(7) == ["read", "read", "read", "read", "read", "read", "update"])
    #expect(verdict(comparison, "read", .p50) == .moreThanNoise)
    #expect(verdict(comparison, "read", .throughput) == .withinNoise)
    #expect(verdict(comparison, "update", .p50) == .withinNoise)
    #expect(verdict(comparison, "all", .p50) == .moreThanNoise)
    #expect(comparison.differences[1].isBetter == false)
    #expect(RunComparison(run(1.5, seed: 1), run(1, seed: 2), names: ("", "")).differences[1].isBetter == true)
  }

  @Test("The table says it in words, and what noise means here") func text() {
    let text = RunComparison(run(1, seed: 1), run(1.5, seed: 2), names: ("a.json", "b.json")).text
    #expect(
      text.hasPrefix(
        """
        A: a.json
        B: b.json

        kind    metric              A          B   change  judged
        read    throughput   950.0 /s   950.0 /s     none  within noise
        read    p50           1.00 ms    1.50 ms  +50.0 %  more than noise, worse

        """), "\(text)")
    #expect(text.contains("Noise is what varies between the seconds of one run"))
    let short = RunComparison(
      run(1, seed: 1, seconds: 5), run(1.5, seed: 2, seconds: 5), names: ("a.json", "b.json"))
    #expect(short.text.contains("too short to tell"))
    #expect(!short.text.contains("more than noise"))
  }

  @Test("Warm-up and a piece of a second at the end are left out") func edges() {
    var before = run(1, seed: 1)
    let after = run(1, seed: 2)
    let slow = ReportSamples.values(1, 900)
    before.seconds.insert(
      contentsOf: (-40...0).map { ReportSamples.second(Double($0), read: slow, update: slow) }, at: 0)
    var piece = ReportSamples.second(30.2, read: slow, update: slow)
    piece.lengthSeconds = 0.2
    before.seconds.append(piece)
    let comparison = RunComparison(before, after, names: ("", ""))
    #expect(comparison.differences.allSatisfy { $0.verdict == .withinNoise })
  }

  @Test("Runs that were not made alike are warned about") func warnings() {
    var other = ReportSamples.closed
    other.workload = "ycsb-b"
    other.clients = 8
    other.seed = 8
    other.durationMs = 60_000
    other.warmUpMs = 0
    var report = run(1, seed: 1, settings: other)
    report.operations[1].kind = "scan"
    let comparison = RunComparison(run(1, seed: 1), report, names: ("a", "b"))
    #expect(
      comparison.warnings == [
        "one run is an open loop and the other a closed one: their latencies do not measure the same, since "
          + "closed-loop tails hide stalls",
        "workloads differ: ycsb-a and ycsb-b", "seeds differ: 7 and 8", "numbers of clients differ: 64 and 8",
        "durations differ: 30 s and 60 s", "warm-ups differ: 5 s and 0 s",
        "kinds of operation differ: read, update and read, scan",
      ])
    #expect(comparison.text.contains("warning: seeds differ: 7 and 8\n"))
    #expect(!comparison.differences.contains { $0.kind == "update" || $0.kind == "scan" })
    var faster = ReportSamples.open
    faster.rate = 2500
    faster.stages = "hold 10s"
    #expect(
      RunComparison(run(1, seed: 1), run(1, seed: 1, settings: faster), names: ("a", "b")).warnings == [
        "rates differ: 2000 /s and 2500 /s", "stages differ: none and hold 10s",
      ])
  }

  @Test("The JSON form has units in the metrics' names and null where nothing changed") func json() throws {
    let json = try JSONValue(
      parsing: RunComparison(run(1, seed: 1), run(1.5, seed: 2), names: ("a.json", "b.json")).json)
    #expect(json["before"]?.text == "a.json")
    #expect(json["differences"]?.elements?.count == 18)
    #expect(json["differences"]?[0]?["metric"]?.text == "throughputPerSecond")
    #expect(json["differences"]?[0]?["isBetter"] == .null)
    let p50 = json["differences"]?[1]
    #expect(p50?["metric"]?.text == "p50Ms")
    #expect(p50?["after"]?.double == 1.5)
    #expect(p50?["isBetter"]?.bool == false)
    #expect(p50?["verdict"]?.text == "more than noise")
  }
}
