internal import Environment
internal import Load

/// A system that a comparison has started and drives.
protocol MeasuredSystem: AnyObject {
  /// As tables show it.
  var name: String { get }
  /// Of all its processes.
  var pids: [Int32] { get }
  /// What a reader of the results has to know about how it was run.
  var notes: [String] { get }
  func run(_ settings: LoadSettings, _ verb: Verb, _ space: KeySpace, _ interruption: Interruption) throws -> RunReport
  /// Ends its processes.
  func end()
}

extension MeasuredSystem {
  /// Puts each of the keys once.
  func load(keys: Int, _ interruption: Interruption) throws {
    var settings = LoadSettings(pace: .closed)
    settings.clients = 64
    settings.operations = keys
    let report = try run(settings, .put, .each(count: keys), interruption)
    try interruption.check()
    guard report.total.errors == 0, report.total.count == keys else {
      throw ComparisonError("\(name) took \(report.total.count - report.total.errors) of \(keys) rows")
    }
  }

  /// Runs a load until its end or an interruption.
  func follow<W: Wire>(
    _ settings: LoadSettings, _ wire: W.Settings, _ source: ComparisonSource, _ interruption: Interruption,
    by: W.Type
  ) throws -> RunReport {
    try interruption.check()
    let run = try LoadRun<W, ComparisonSource>(
      settings, name: RunName(workload: name, endpoints: [], seed: 0), wire: wire, sources: [source])
    let report = try interruption.during({ try run.run() }, stop: { run.stop() })
    try interruption.check()
    return report
  }
}
