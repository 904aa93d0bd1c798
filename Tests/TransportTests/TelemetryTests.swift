import Testing
import Transport

@testable import Telemetry

@Suite struct TelemetryTests {
  @Test func thePageFollowsTheExpositionFormat() {
    var registry = MetricRegistry()
    let reads = registry.counter("gantry_reads_total", help: "Reads.\nAll \\ of them.", labels: [("table", "a\"b\\\n")])
    let writes = registry.counter(
      "gantry_reads_total", help: "Reads.\nAll \\ of them.", labels: [("table", "c")])
    let level = registry.gauge("gantry_queue_bytes", help: "Waiting.")
    registry.sampledGauge("gantry_share", help: "A share.") { 0.5 }
    reads.add(3)
    writes.add()
    level.set(-4)
    #expect(
      PrometheusText.text(registry) == """
        # HELP gantry_reads_total Reads.\\nAll \\\\ of them.
        # TYPE gantry_reads_total counter
        gantry_reads_total{table="a\\"b\\\\\\n"} 3
        gantry_reads_total{table="c"} 1
        # HELP gantry_queue_bytes Waiting.
        # TYPE gantry_queue_bytes gauge
        gantry_queue_bytes -4
        # HELP gantry_share A share.
        # TYPE gantry_share gauge
        gantry_share 0.5

        """)
  }

  @Test func everyValueLiesInItsBucket() {
    var value: UInt64 = 0
    while value < 1 << 40 {
      let index = LatencyHistogram.bucket(of: value)
      let upper = LatencyHistogram.upperBound(ofBucket: index)
      let lower = index == 0 ? 0 : LatencyHistogram.upperBound(ofBucket: index - 1)
      #expect(lower <= value && value < upper)
      #expect(upper - lower <= max(1, value / 16))
      value += max(1, value / 37)
    }
    #expect(LatencyHistogram.bucket(of: .max) == LatencyHistogram.bucketCount - 1)
  }

  @Test func quantilesAreWithinABucketOfTheTruth() throws {
    let histogram = LatencyHistogram()
    #expect(histogram.quantile(0.5) == nil)
    for value in 1...10_000 { histogram.record(nanoseconds: UInt64(value) * 1000) }
    #expect(histogram.count == 10_000)
    for quantile in [0.5, 0.9, 0.99, 1] {
      let truth = quantile * 10_000_000
      let told = Double(try #require(histogram.quantile(quantile)))
      #expect(told >= truth && told <= truth * 1.07)
    }
  }

  @Test func aHistogramExportsCumulativeBucketsInSeconds() {
    var registry = MetricRegistry()
    let histogram = registry.histogram("gantry_put_seconds", help: "Puts.", labels: [("role", "node")])
    histogram.record(nanoseconds: 1_000)
    histogram.record(nanoseconds: 1_000_000)
    histogram.record(nanoseconds: .max / 4)
    let lines = PrometheusText.text(registry).split(separator: "\n")
    #expect(lines[1] == "# TYPE gantry_put_seconds histogram")
    #expect(lines[2] == "gantry_put_seconds_bucket{role=\"node\",le=\"8.192e-06\"} 1")
    #expect(lines.contains("gantry_put_seconds_bucket{role=\"node\",le=\"0.001048576\"} 2"))
    #expect(lines.contains("gantry_put_seconds_bucket{role=\"node\",le=\"+Inf\"} 3"))
    #expect(lines.last == "gantry_put_seconds_count{role=\"node\"} 3")
  }

  @Test func processMetricsAreReadFromTheSystem() throws {
    #expect(try #require(ProcessMetrics.residentBytes()) > 1 << 20)
    #expect(try #require(ProcessMetrics.openDescriptors()) >= 3)
    #expect(try #require(ProcessMetrics.cpuSeconds()) >= 0)
    #expect(try #require(ProcessMetrics.startTimeSeconds()) > 1_600_000_000)
    var registry = MetricRegistry()
    ProcessMetrics.register(in: &registry)
    #expect(PrometheusText.text(registry).contains("\nprocess_resident_memory_bytes "))
  }

  @Test func countersAreExactUnderTwoThreads() async {
    let counter = Counter()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 { group.addTask { for _ in 0..<10_000 { counter.add() } } }
    }
    #expect(counter.current == 40_000)
  }

  @Test func linksCountTheirFrames() async throws {
    let fixture = try await Fixture()
    var registry = MetricRegistry()
    let metrics = TransportMetrics(&registry)
    try await fixture.run { $0.options.metrics = metrics }
    try await fixture.connect()
    try await fixture.run { world in
      world.dialed.link.send([1, 2])
      world.dialed.link.send([3])
    }
    try await fixture.until("the frames") { $0.accepted.frames.count == 2 }
    let lines = PrometheusText.text(registry).split(separator: "\n")
    #expect(lines.contains("gantry_transport_frames_total{class=\"operations\",direction=\"sent\"} 2"))
    #expect(lines.contains("gantry_transport_bytes_total{class=\"operations\",direction=\"received\"} 3"))
    #expect(lines.contains("gantry_transport_links{class=\"operations\"} 2"))
    try await fixture.stop()
  }
}
