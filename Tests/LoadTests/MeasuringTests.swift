import Environment
import Testing

@testable import Load

@Suite struct MeasuringTests {
  @Test(
    "Times are kept to three digits from a microsecond to an hour",
    arguments: [1_000, 12_345, 5_012_345, 987_654_321_000, 3_599_000_000_000] as [UInt64])
  func precision(_ nanoseconds: UInt64) {
    var times = Times()
    times.record(nanoseconds)
    let milliseconds = Double(nanoseconds) / 1e6
    let summary = times.summary
    // Below a few microseconds the step is half of one.
    let allowed = max(milliseconds / 1_000, 0.000_512)
    for value in [summary.meanMs, summary.p50Ms, summary.p999Ms] { #expect(abs(value - milliseconds) <= allowed) }
    #expect(summary.maxMs == milliseconds && summary.count == 1)
  }

  @Test("What takes longer than an hour counts as an hour, and is not lost")
  func beyond() {
    var times = Times()
    times.record(.max)
    #expect(times.count == 1 && times.summary.maxMs == 3_600_000)
  }

  @Test("Percentiles are those of the values, also of merged times")
  func percentiles() {
    var first = Times()
    var second = Times()
    for value in 1...10_000 as ClosedRange<UInt64> {
      if value % 3 == 0 { first.record(value * 10_000) } else { second.record(value * 10_000) }
    }
    first.add(second)
    let summary = first.summary
    #expect(summary.count == 10_000)
    for (value, expected) in [
      (summary.meanMs, 50.005), (summary.p50Ms, 50), (summary.p90Ms, 90), (summary.p99Ms, 99), (summary.p999Ms, 99.9),
    ] {
      #expect(abs(value - expected) <= expected / 1_000)
    }
    #expect(summary.maxMs == 100)
    let curve = summary.percentiles
    #expect(curve.first?.quantile == 0 && curve.last == Percentile(quantile: 1, valueMs: 100))
    #expect(zip(curve, curve.dropFirst()).allSatisfy { $0.quantile < $1.quantile && $0.valueMs <= $1.valueMs })
    #expect(curve.contains { $0.quantile > 0.999 && $0.quantile < 1 })
  }

  @Test("A meter gives what it has measured once")
  func exchange() {
    let meter = Meter(kinds: 2)
    meter.record(kind: 1, .done, latency: 1_000_000, serviceTime: nil, isMeasured: true)
    meter.record(kind: 1, .failed("timeout"), latency: 2_000_000, serviceTime: nil, isMeasured: true)
    meter.record(kind: 0, .failed("timeout"), latency: 3_000_000, serviceTime: nil, isMeasured: false)
    var tally = Tally(kinds: 2)
    meter.exchange(&tally)
    #expect(tally.measured.map(\.latency.count) == [0, 2] && tally.measured[1].errors == 1)
    #expect(tally.warmUp.map(\.latency.count) == [1, 0])
    #expect(tally.errors == [Tally.ErrorType(name: "timeout", isForeseen: false): 1])
    tally.reset()
    meter.exchange(&tally)
    #expect(tally.measured.allSatisfy { $0.latency.count == 0 && $0.errors == 0 })
    #expect(tally.errors.isEmpty)
  }

  @Test("What is answered after the last end of a second has a second of its own")
  func afterTheEnd() {
    let meter = Meter(kinds: 1)
    let start = Instant(nanoseconds: 1_000_000_000)
    let window = Dispatch.Window(start: start, measuredStart: start, end: .distantFuture)
    var recorder = SecondRecorder([meter], kinds: 1, window: window)
    #expect(recorder.read(at: Instant(nanoseconds: 2_001_000_000), isLast: false)?.atSeconds == 1)
    meter.record(kind: 0, .done, latency: 1_000_000, serviceTime: nil, isMeasured: true)
    let second = recorder.read(at: Instant(nanoseconds: 2_020_000_000), isLast: true)
    #expect(second?.total.operations == 1 && second?.lengthSeconds == 0.02)
  }

  private static func recorder(warmUp: Span, length: Span) -> SecondRecorder {
    let start = Instant(nanoseconds: 5_300_000_000)
    let window = Dispatch.Window(start: start, measuredStart: start + warmUp, end: start + warmUp + length)
    return SecondRecorder([Meter(kinds: 1)], kinds: 1, window: window)
  }

  @Test("Seconds are counted from the measured time; the warm-up's first one may be shorter")
  func seconds() {
    var recorder = Self.recorder(warmUp: .milliseconds(1_500), length: .seconds(2))
    var seconds: [SecondReport] = []
    for _ in 0..<4 {
      let reading = recorder.nextReading + .milliseconds(3)
      if let second = recorder.read(at: reading, isLast: false) { seconds.append(second) }
    }
    #expect(seconds.map(\.atSeconds) == [-1, 0, 1, 2])
    #expect(seconds.map(\.lengthSeconds) == [0.5, 1, 1, 1])
    // The last one is read a little later than it ends, and what ends the load shortly after has no second of its own.
    #expect(recorder.read(at: Instant(nanoseconds: 8_890_000_000), isLast: true) == nil)
  }

  @Test("A load that ends within a second has a short last one")
  func shortLast() {
    var recorder = Self.recorder(warmUp: .zero, length: .seconds(60))
    #expect(recorder.nextReading == Instant(nanoseconds: 6_300_000_000))
    let second = recorder.read(at: Instant(nanoseconds: 5_700_000_000), isLast: true)
    #expect(second?.atSeconds == 0.4 && second?.lengthSeconds == 0.4)
  }
}
