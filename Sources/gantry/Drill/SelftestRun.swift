internal import ArgumentParser
internal import Drills

/// `gantry drill --selftest`: each drill without one of the guards that it stands on.
struct SelftestRun {
  private let drills: [Drill]
  private let outputs: DrillOutputs
  private let place: DrillRun.Place

  init(_ drills: [Drill], _ outputs: DrillOutputs, keeps: Bool) throws {
    self.drills = try drills.map { drill in
      guard let loosened = drill.loosened() else {
        throw ValidationError("The drill \(drill.source) has no 'selftest' that says what to take away.")
      }
      return loosened
    }
    self.outputs = outputs
    place = .own(keeps: keeps)
  }

  /// Goes on where one of them cannot be carried out: that proves nothing either.
  func run() throws {
    var tests: [SelftestReport] = []
    for (number, drill) in drills.enumerated() {
      Terminal.note("\(drill.title) (\(drill.source))")
      let test = run(drill)
      Terminal.note(test.isRed ? "red, as it had to be" : "NOT RED: \(test.failure ?? "it stayed green")")
      try outputs.write(json: test.json, page: test.report?.html, of: number)
      tests.append(test)
    }
    outputs.show { _ in SelftestReport.summary(tests) }
    if !tests.allSatisfy(\.isRed) { throw ExitCode(99) }
  }

  private func run(_ drill: Drill) -> SelftestReport {
    let run = DrillRun(drill, at: place) { Terminal.note($0) }
    do {
      return SelftestReport(drill, try blocking { () async throws in try await run.run() })
    } catch {
      return SelftestReport(drill, failure: "\(error)")
    }
  }
}
