internal import Glibc
internal import History
internal import Load

/// Runs a load, shows each second, and writes what it came to.
struct LoadExecution {
  private let load: WorkloadRun
  private let files: LoadFiles

  init(_ load: WorkloadRun, _ files: LoadFiles) {
    self.load = load
    self.files = files
  }

  func run(kinds: [String], _ assertions: [Assertion]) throws -> RunReport {
    Terminal.note(load.heading.heading)
    var report = try load.run(events(kinds))
    report.assertions = try assertions.map { try $0.result(in: report) }
    show(report)
    if let json = files.json { try json.write(report.json) }
    if let html = files.html { try html.write(Array(report.html.utf8)) }
    return report
  }

  private func events(_ kinds: [String]) -> LoadEvents {
    var events = LoadEvents()
    var lines = LiveLines(kinds: kinds)
    events.second = { Terminal.note(lines.lines(for: $0)) }
    guard let file = files.history else { return events }
    var writer = HistoryWriter()
    events.history = { (entries) throws(LoadError) in
      for entry in entries { writer.append(entry) }
      try file.write(writer.take())
    }
    return events
  }

  /// Where a file goes to standard output, the summary does not stand in its way.
  private func show(_ report: RunReport) {
    let toStandardError = [files.json, files.html, files.history].contains { $0?.isStandardOutput ?? false }
    let isColoured = isatty(toStandardError ? 2 : 1) == 1 && getenv("NO_COLOR") == nil
    let summary = report.summary(isColoured: isColoured)
    if toStandardError { Terminal.note(summary) } else { Terminal.print(summary) }
  }
}
