internal import ArgumentParser
internal import Client
internal import Drills
internal import Glibc

struct DrillCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drill",
    abstract: "Breaks a cluster under load by a timeline of faults, and judges what its clients saw.",
    discussion: """
      A drill starts the topology that it names in a temporary folder and removes it afterwards. Exit status 0: every
      expectation held; 99: one was missed, or too little happened to prove anything; 1: it could not be carried out.
      Not there yet: delay and loss of links, full and slow disks, skewed clocks, the equality of the mirror and of regions,
      and a self-test that plants a bug for each drill.
      Built-in drills: \(BuiltInDrills.names.joined(separator: ", ")).
      Examples:
        gantry drill leader-kill
        gantry drill Cluster/drills/*.yaml --html drills.html
        gantry drill my.yaml --data .gantry --json -
        gantry drill --print-config
      """)

  @Argument(help: ArgumentHelp("Built-in drills, or paths of files; one after the other.", valueName: "file"))
  var files: [String] = []
  @Option(help: ArgumentHelp("Break the cluster that is up in this folder instead of a new one.", valueName: "dir"))
  var data: String?
  @Option(
    help: ArgumentHelp(
      "Only load and expectations, without faults, against any DynamoDB API; several with commas.", valueName: "url"))
  var endpoint: String?
  @Option(help: ArgumentHelp("Region of --endpoint.", valueName: "name")) var region = "us-east-1"
  @Flag(help: "Leave the drill's own cluster up.") var keep = false
  @Option(
    help: ArgumentHelp("Write the verdicts as JSON, a line for each drill; -: to standard output.", valueName: "file"))
  var json: String?
  @Option(
    help: ArgumentHelp(
      "Write each verdict as one page for a browser; of several drills the name gets theirs.", valueName: "file"))
  var html: String?
  @Flag(help: "Print every key of a drill's file with its default, unit and meaning, and end.") var printConfig = false

  func validate() throws {
    guard printConfig || !files.isEmpty else { throw ValidationError("A drill must be given: a name or a file.") }
    guard data == nil || endpoint == nil else { throw ValidationError("--data and --endpoint exclude each other.") }
    guard !keep || (data == nil && endpoint == nil) else {
      throw ValidationError("--keep is for a drill's own cluster.")
    }
  }

  func run() throws {
    if printConfig { return Terminal.print(Drill.printConfig) }
    let drills = try files.map { try Drill.load($0) }
    let place = try place()
    let jsonFile = try json.map { try OutputFile($0) }
    let pages = try html.map { path in
      try drills.map { try OutputFile(drills.count == 1 ? path : Self.path(path, of: $0)) }
    }
    var hasHeld = true
    for (number, drill) in drills.enumerated() {
      Terminal.note("\(drill.title) (\(drill.source))")
      let run = DrillRun(drill, at: place) { Terminal.note($0) }
      let report = try blocking { () async throws in try await run.run() }
      show(report, besides: jsonFile)
      if let jsonFile { try jsonFile.write(report.json + [UInt8(ascii: "\n")]) }
      if let pages { try pages[number].write(Array(report.html.utf8)) }
      hasHeld = hasHeld && report.verdict == .held
    }
    if !hasHeld { throw ExitCode(99) }
  }

  private func place() throws -> DrillRun.Place {
    if let data { return .folder(data) }
    guard let endpoint else { return .own(keeps: keep) }
    return .endpoints(try Endpoint.plainList(endpoint), region: region)
  }

  private func show(_ report: DrillReport, besides json: OutputFile?) {
    let toStandardError = json?.isStandardOutput ?? false
    let isColoured = isatty(toStandardError ? 2 : 1) == 1 && getenv("NO_COLOR") == nil
    let summary = report.summary(isColoured: isColoured)
    if toStandardError { Terminal.note(summary) } else { Terminal.print(summary) }
  }

  /// `drills.html` of the drill `leader-kill`: `drills-leader-kill.html`.
  private static func path(_ path: String, of drill: Drill) -> String {
    let file = drill.source.split(separator: "/").last.map(String.init) ?? drill.source
    let name = file.split(separator: ".").first.map(String.init) ?? file
    guard let dot = path.lastIndex(of: "."), !path[dot...].contains("/") else { return "\(path)-\(name)" }
    return "\(path[..<dot])-\(name)\(path[dot...])"
  }
}
