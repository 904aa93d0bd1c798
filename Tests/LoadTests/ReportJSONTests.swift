import Items
import Testing

@testable import Load

@Suite struct ReportJSONTests {
  private var report: RunReport {
    var report = ReportSamples.report()
    report.settings.seed = .max
    report.settings.stages = "ramp \"a\" <b>"
    report.assertions = [AssertionResult(text: "p99<10ms", isHeld: false, measured: "12 ms")]
    return report
  }

  private func replacing(_ old: String, _ new: String) -> [UInt8] {
    let text = String(decoding: report.json, as: UTF8.self)
    let parts = text.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
    return Array(parts.joined(separator: new).utf8)
  }

  @Test("What is written is read again, member for member")
  func roundTrip() throws {
    #expect(try RunReport(parsing: report.json) == report)
    var closed = report
    closed.settings.rate = nil
    closed.consumedCapacity = nil
    closed.seconds = []
    #expect(try RunReport(parsing: closed.json) == closed)
  }

  @Test("Latencies are milliseconds with the unit in the name, and the loop is named")
  func names() throws {
    let json = try JSONValue(parsing: report.json)
    #expect(json["settings"]?["loop"]?.text == "open")
    #expect(json["total"]?["latency"]?["p99Ms"]?.double == 6.4)
    #expect(json["total"]?["latency"]?["maxMs"]?.double == 25.6)
    #expect(json["operations"]?[1]?["serviceTime"]?["p999Ms"]?.double == 16)
    #expect(json["seconds"]?[1]?["kinds"]?[0]?["p95Ms"]?.double == 3)
  }

  @Test("Members that a newer version may add are passed over")
  func additions() throws {
    #expect(try RunReport(parsing: replacing("{\"format\":1,", "{\"format\":1,\"host\":{\"cores\":2},")) == report)
  }

  @Test(
    "What is missing or of another type is named with its place",
    arguments: [
      (
        "\"kinds\":[{\"operations\":900,", "\"kinds\":[{",
        "'seconds[0].kinds[0].operations' is missing; there should be a whole number, zero or above"
      ),
      (
        "\"clients\":64", "\"clients\":\"64\"",
        "'settings.clients' is something else; there should be a whole number, zero or above"
      ),
      (
        "\"perSecond\":950.0", "\"perSecond\":null",
        "'operations[0].perSecond' is something else; there should be a number"
      ),
      (
        "\"perSecond\":950.0", "\"perSecond\":1e999",
        "'operations[0].perSecond' is something else; there should be a number"
      ),
      ("\"retries\":3", "\"retries\":-3", "'retries' is something else; there should be a whole number, zero or above"),
      (
        "\"elapsedMs\":2000.0", "\"elapsedMs\":-1",
        "'elapsedMs' is something else; there should be a number, zero or above"
      ),
      ("\"isHeld\":false", "\"isHeld\":0", "'assertions[0].isHeld' is something else; there should be true or false"),
      ("\"format\":1", "\"format\":2", "the report is of format 2; this gantry reads format 1"),
      ("\"format\":1", "\"version\":1", "this is no report of a load: its members 'format' and 'settings' are missing"),
    ])
  func faults(old: String, new: String, message: String) {
    #expect(throws: ReportError(message)) { try RunReport(parsing: replacing(old, new)) }
  }

  @Test("A second without one of the kinds is refused: series would be read wrongly")
  func kindsOfASecond() {
    var cut = report
    cut.seconds[1].kinds.removeLast()
    let message =
      "'seconds[1].kinds' has 1 elements; there should be one for each of the 2 operations"
    #expect(throws: ReportError(message)) { try RunReport(parsing: cut.json) }
  }

  @Test("What is no JSON is said to be so") func noJSON() {
    #expect(throws: ReportError.self) { try RunReport(parsing: Array("p99".utf8)) }
    #expect(throws: ReportError.self) { try RunReport(parsing: Array(report.json.dropLast(20))) }
  }
}
