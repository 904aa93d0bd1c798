internal import ArgumentParser
internal import Load

struct LoadCompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "Shows what changed between two runs, and whether it is more than noise.",
    discussion: """
      Takes the files that --json wrote, and judges each kind of operation by the seconds of the two runs. Warns where
      the runs were not made alike. Ends with 0 whatever the difference.
      Example: gantry load compare before.json after.json
      """)

  @Argument(help: ArgumentHelp("The report of the first run.", valueName: "A.json")) var before: String
  @Argument(help: ArgumentHelp("The report of the run that is compared with it.", valueName: "B.json"))
  var after: String
  @Flag(help: "Answer in JSON.") var json = false

  func run() throws {
    let comparison = RunComparison(
      try Self.report(before), try Self.report(after), names: (before: before, after: after))
    if json { Terminal.raw(comparison.json) } else { Terminal.print(comparison.text) }
  }

  private static func report(_ path: String) throws -> RunReport {
    let bytes = try InputFile.bytes(path)
    do {
      return try RunReport(parsing: bytes)
    } catch {
      throw LoadError("\(path): \(error)")
    }
  }
}
