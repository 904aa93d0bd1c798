internal import Load

/// What came of a drill without one of the guards that it stands on.
public struct SelftestReport: Sendable {
  /// As the self-test ran it.
  public var drill: Drill
  /// Nil where it could not be carried out.
  public var report: DrillReport?
  /// Why not.
  public var failure: String?

  public init(_ drill: Drill, _ report: DrillReport) {
    self.drill = drill
    self.report = report
  }

  public init(_ drill: Drill, failure: String) {
    self.drill = drill
    self.failure = failure
  }

  var loosening: Loosening {
    guard let loosening = drill.loosening else { fatalError("A self-test takes something away.") }
    return loosening
  }

  /// The expectations that had to be missed, and what became of them.
  private var results: [DrillReport.Result] {
    report?.results.filter { loosening.missed.contains($0.expectation.kind) } ?? []
  }

  /// Whether the drill saw that the guard was gone, by every expectation that its file names.
  public var isRed: Bool { !results.isEmpty && results.allSatisfy { $0.isHeld == false } }

  /// A table of all, for a terminal.
  public static func summary(_ tests: [SelftestReport]) -> String {
    var table = TextTable(["", "drill", "without", "had to be missed", "measured"], words: [0, 1, 2, 3, 4])
    for test in tests {
      let word = test.isRed ? "red" : "BLIND"
      guard test.report != nil else {
        table.add([word, test.drill.source, test.loosening.without, test.failure ?? ""])
        continue
      }
      for (number, result) in test.results.enumerated() {
        let own = number == 0 ? [word, test.drill.source, test.loosening.without] : ["", "", ""]
        table.add(own + [result.expectation.text, result.measured + (result.isHeld == true ? ", held" : "")])
      }
    }
    let blind = tests.count { !$0.isRed }
    let sentence =
      blind == 0
      ? "All \(tests.count) drills turned red, as they had to."
      : "\(blind) of \(tests.count) drills did not turn red: what they tell of a whole cluster proves nothing."
    return table.text + sentence + "\n"
  }
}
