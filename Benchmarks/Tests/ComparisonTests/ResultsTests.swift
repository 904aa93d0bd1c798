import Load
import Testing

@testable import Comparison

@Suite struct ResultsTests {
  @Test func aSectionIsReplacedAndOthersStay() {
    var file = ResultsFile("")
    file.replace("One", with: "first\n\n")
    file.replace("Two", with: "\nsecond")
    var again = ResultsFile(file.text)
    #expect(again.sections.map(\.title) == ["One", "Two"])
    again.replace("One", with: "new")
    #expect(
      again.text
        == { () -> String in
          var wanted = ResultsFile("")
          wanted.replace("One", with: "new")
          wanted.replace("Two", with: "second")
          return wanted.text
        }())
    #expect(ResultsFile(again.text).text == again.text)
  }

  @Test func numbersReadWell() {
    #expect([0, 12, 999, 1_000, 1_234_567.4].map(Numbers.grouped) == ["0", "12", "999", "1,000", "1,234,567"])
    #expect([0.004, 1.005, 9.994, 12.34, 123.4].map(Numbers.milliseconds) == ["0.00", "1.00", "9.99", "12.3", "123"])
    #expect(Numbers.ratio(2.006) == "2.01×")
    #expect(Numbers.ratio(.infinity) == "–")
  }
}

@Suite struct MeasurementTests {
  private func report(perSecond: Double, errors: [ErrorCount]) -> RunReport {
    let latency = LatencySummary(count: 10, meanMs: perSecond / 10, maxMs: perSecond)
    let total = OperationReport(
      kind: "all", count: 10, errors: errors.reduce(0) { $0 + $1.count }, perSecond: perSecond, latency: latency,
      serviceTime: latency)
    var report = RunReport(
      settings: RunSettings(workload: "", seed: 0, endpoints: [], clients: 1, durationMs: 1, warmUpMs: 0),
      startedAt: "", elapsedMs: 1, total: total, cpuMicrosecondsPerOperation: perSecond)
    report.errors = errors
    return report
  }

  @Test func roundsAreAveragedErrorsSummedUpAndTheMaximumKept() {
    let first = Measurement(
      report(perSecond: 100, errors: [ErrorCount(type: "timeout", count: 2)]), systemCPUMicroseconds: 4)
    let second = Measurement(
      report(
        perSecond: 300, errors: [ErrorCount(type: "timeout", count: 1), ErrorCount(type: "connection", count: 1)]),
      systemCPUMicroseconds: 8)
    let mean = Measurement(rounds: [first, second])
    #expect(mean.perSecond == 200 && mean.rounds == [100, 300])
    #expect(mean.meanMs == 20 && mean.maxMs == 300)
    #expect(mean.systemCPUMicroseconds == 6 && mean.driverCPUMicroseconds == 200)
    #expect(mean.errors == 4 && mean.errorText == "1 connection, 3 timeout")
    #expect(first.errorText == "2 timeout")
  }

  @Test func ratiosAreOfTheFirstSystemToTheSecond() {
    let ours = Measurement(report(perSecond: 300, errors: []), systemCPUMicroseconds: 1)
    let theirs = Measurement(report(perSecond: 100, errors: []), systemCPUMicroseconds: 1)
    let table = ComparisonTables.ratios([("put", [ours, theirs])], systems: ["A", "B"])
    #expect(table.contains("| A ÷ B | ops/s | mean | p50 | p99 |"))
    #expect(table.contains("| put | 3.00× | 3.00× |"))
    #expect(ComparisonTables.errors([("put", [ours, theirs])], systems: ["A", "B"]).isEmpty)
  }
}
