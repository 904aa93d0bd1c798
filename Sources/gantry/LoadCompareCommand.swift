internal import ArgumentParser
internal import Glibc
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

  private static func report(_ path: String) throws(FileProblem) -> RunReport {
    guard let file = fopen(path, "re") else { throw .system(path) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      bytes += chunk[..<count]
      if count < chunk.count { break }
    }
    guard ferror(file) == 0 else { throw .system(path) }
    do {
      return try RunReport(parsing: bytes)
    } catch {
      throw FileProblem(description: "\(path): \(error)")
    }
  }
}

/// Why a file cannot be used.
struct FileProblem: Error, CustomStringConvertible {
  var description: String

  /// With the reason that the system gave last.
  static func system(_ path: String) -> FileProblem {
    FileProblem(description: "cannot read \(path): \(String(cString: strerror(errno)))")
  }
}
