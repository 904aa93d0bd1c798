internal import ArgumentParser
internal import Load

/// What becomes of what was measured.
struct LoadResults: ParsableArguments {
  @Option(
    name: .customLong("assert"),
    help: ArgumentHelp(
      "A threshold; exit status 99 where one is missed: 'p99<10ms', 'errors==0', 'errors<1%', 'read.p99.9<=20ms', "
        + "'throughput>1000'.", valueName: "threshold"))
  var assertions: [String] = []
  @Option(help: ArgumentHelp("Write the report as JSON; -: to standard output.", valueName: "file")) var json: String?
  @Option(help: ArgumentHelp("Write the report as one page for a browser.", valueName: "file")) var html: String?
  @Option(
    help: ArgumentHelp("Write what was asked and told as a history that 'load check' judges.", valueName: "file"))
  var history: String?

  /// - Parameter kinds: the workload's operations.
  func parsedAssertions(kinds: [String]) throws -> [Assertion] {
    do {
      return try assertions.map { text in
        let assertion = try Assertion(parsing: text)
        try assertion.check(kinds: kinds)
        return assertion
      }
    } catch let error as AssertionError {
      throw ValidationError("--assert \(error)")
    }
  }
}

/// The files that a load writes, opened before it begins: a path that cannot be written should not cost a run.
struct LoadFiles {
  var json: OutputFile?
  var html: OutputFile?
  var history: OutputFile?

  init(_ results: LoadResults) throws {
    json = try results.json.map { try OutputFile($0) }
    html = try results.html.map { try OutputFile($0) }
    history = try results.history.map { try OutputFile($0) }
  }
}
