import Testing

@testable import Load

@Suite struct AssertionTests {
  private func result(_ text: String, in report: RunReport = ReportSamples.report()) throws -> AssertionResult {
    try Assertion(parsing: text).result(in: report)
  }

  @Test(
    "Each metric is read where the report keeps it, and its measured value is shown with its unit",
    arguments: [
      ("p50<2ms", true, "1.6 ms"), ("p90<3.2ms", false, "3.2 ms"), ("p95<=4ms", true, "4 ms"),
      ("p99<10ms", true, "6.4 ms"), ("p99.9<10ms", false, "12.8 ms"), ("p999<10ms", false, "12.8 ms"),
      ("max<1s", true, "25.6 ms"), ("mean>=2ms", true, "2 ms"), ("errors==0", false, "2 of 2000"),
      ("errors<3", true, "2 of 2000"), ("errors<1%", true, "2 of 2000 (0.1 %)"),
      ("errors<0.1%", false, "2 of 2000 (0.1 %)"), ("errors<=0.1%", true, "2 of 2000 (0.1 %)"),
      ("throughput>1000", false, "1000 a second"), ("throughput>=1000/s", true, "1000 a second"),
      ("retries!=3", false, "3"), ("missed<=4", true, "4"), ("count==2000", true, "2000"),
    ])
  func metrics(text: String, isHeld: Bool, measured: String) throws {
    #expect(try result(text) == AssertionResult(text: text, isHeld: isHeld, measured: measured))
  }

  @Test("A kind of operation may stand before the metric, also before one with a point")
  func kinds() throws {
    #expect(try result("read.p50<1.6ms").isHeld)
    #expect(try !result("update.p50<1.6ms").isHeld)
    #expect(try result("read.p99.9 < 13ms").measured == "12 ms")
    #expect(try result("update.errors<=2%").isHeld)
  }

  @Test("Times are compared in the unit that is given", arguments: ["p50<=1600us", "p50<=1600µs", "p50 <= 0.0016 s"])
  func units(text: String) throws {
    #expect(try result(text).isHeld)
  }

  @Test("A kind that the workload does not have is an error before and after the run, never a pass")
  func unknownKind() throws {
    let assertion = try Assertion(parsing: "scan.p99<10ms")
    let fault = AssertionError("'scan.p99<10ms': the workload has no operation 'scan'; it has read, update")
    #expect(throws: fault) { try assertion.check(kinds: ["read", "update"]) }
    #expect(throws: fault) { try assertion.result(in: ReportSamples.report()) }
    try Assertion(parsing: "read.p99<10ms").check(kinds: ["read", "update"])
  }

  @Test("A run without operations holds no assertion about them", arguments: ["p99<10ms", "errors==0", "errors<1%"])
  func nothingMeasured(text: String) throws {
    var report = ReportSamples.report()
    report.total = OperationReport(kind: "all", latency: LatencySummary(), serviceTime: LatencySummary())
    #expect(try result(text, in: report).isHeld == false)
    #expect(try result(text, in: report).measured == "nothing, as there were no operations")
    #expect(try result("count==0", in: report).isHeld)
  }

  @Test(
    "What is no assertion is refused, and the error names what is allowed",
    arguments: [
      ("p99", "'p99' compares nothing; write it like p99<10ms, with one of < <= > >= == !="),
      ("p99=10ms", "'p99=10ms': '=' is no operator; allowed are < <= > >= == !="),
      ("p99<>10ms", "'p99<>10ms': '<>' is no operator; allowed are < <= > >= == !="),
      (
        "p98<10ms",
        "'p98<10ms': 'p98' is nothing that is measured; allowed are p50, p90, p95, p99, p99.9, max, mean, errors, "
          + "throughput, retries, missed, count, and before each the name of an operation, such as read.p99"
      ),
      (
        "<1ms",
        "'<1ms': '' is nothing that is measured; allowed are p50, p90, p95, p99, p99.9, max, mean, errors, "
          + "throughput, retries, missed, count, and before each the name of an operation, such as read.p99"
      ),
      (
        "p99<10", "'p99<10': p99 is compared with a time and its unit, one of us, ms and s, such as 10ms, not with '10'"
      ),
      ("max<", "'max<': max is compared with a time and its unit, one of us, ms and s, such as 10ms, not with ''"),
      (
        "p99<-1ms",
        "'p99<-1ms': p99 is compared with a time and its unit, one of us, ms and s, such as 10ms, not with '-1ms'"
      ),
      (
        "errors<1ms",
        "'errors<1ms': errors is compared with a plain number or a share of the operations, such as 0 or 1%, "
          + "not with '1ms'"
      ),
      ("retries<1%", "'retries<1%': retries is compared with a plain number, not with '1%'"),
      (
        "throughput>1ms",
        "'throughput>1ms': throughput is compared with operations a second, such as 1000, not with '1ms'"
      ),
      ("read.missed==0", "'read.missed==0': missed is counted for the whole run, not for one kind of operation"),
    ])
  func refusals(text: String, message: String) {
    #expect(throws: AssertionError(message)) { try Assertion(parsing: text) }
  }
}
