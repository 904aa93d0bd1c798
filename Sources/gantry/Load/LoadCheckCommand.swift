internal import ArgumentParser
internal import History
internal import Load

struct LoadCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Judges histories: could all answers have come from one copy of each item?",
    discussion: """
      Exit status 99 where one is not linearizable, or where no verdict was found within the budget.
      Example: gantry load check h.jsonl
      """)

  @Argument(help: ArgumentHelp("A history that 'load --history' has written; each is judged alone.", valueName: "file"))
  var files: [String]
  @Option(help: ArgumentHelp("Steps that the search for one key may take.", valueName: "number"))
  var budget = LinearizabilityChecker.standardBudget

  func run() throws {
    var isRight = true
    for file in files {
      let verdict = try judge(file)
      Terminal.print("\(file): \(verdict)")
      if !verdict.isLinearizable { isRight = false }
    }
    if !isRight { throw ExitCode(99) }
  }

  private func judge(_ file: String) throws -> Verdict {
    var reader = HistoryReader()
    var entries: [HistoryEntry] = []
    do {
      try InputFile.read(file) { try reader.read($0) { entries.append($0) } }
      try reader.finish()
      return try LinearizabilityChecker(budget: budget).check(entries)
    } catch let error as HistoryError {
      throw LoadError("\(file): \(error)")
    }
  }
}
