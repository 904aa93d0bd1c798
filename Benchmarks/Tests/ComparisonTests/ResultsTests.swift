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
  private func measured(_ perSecond: Double, cpu: Double = 1, errors: [ErrorType] = []) -> Measurement {
    Measurement(
      perSecond: perSecond, meanMs: perSecond / 10, p50Ms: 1, p99Ms: 2, p999Ms: 3, maxMs: perSecond,
      errors: errors.reduce(0) { $0 + $1.count }, errorTypes: errors, systemCPUMicroseconds: cpu,
      driverCPUMicroseconds: perSecond, rounds: [perSecond])
  }

  @Test func roundsAreAveragedErrorsSummedUpAndTheMaximumKept() {
    let timeout = { ErrorType(name: "timeout", count: $0) }
    let first = measured(100, cpu: 4, errors: [timeout(2)])
    let second = measured(300, cpu: 8, errors: [timeout(1), ErrorType(name: "connection", count: 1)])
    let mean = Measurement(rounds: [first, second])
    #expect(mean.perSecond == 200 && mean.rounds == [100, 300])
    #expect(mean.meanMs == 20 && mean.maxMs == 300)
    #expect(mean.systemCPUMicroseconds == 6 && mean.driverCPUMicroseconds == 200)
    #expect(mean.errors == 4 && mean.errorText == "1 connection, 3 timeout")
    #expect(first.errorText == "2 timeout")
  }

  @Test func ratiosAreOfTheFirstSystemToTheSecond() {
    let rows = [("put", [measured(300), measured(100)])]
    let table = ComparisonTables.ratios(rows, systems: ["A", "B"])
    #expect(table.contains("| A ÷ B | ops/s | mean | p50 | p99 |"))
    #expect(table.contains("| put | 3.00× | 3.00× | 1.00× | 1.00× |"))
    #expect(ComparisonTables.errors(rows, systems: ["A", "B"]).isEmpty)
  }
}
