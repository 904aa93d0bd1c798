internal import ArgumentParser
internal import Client
internal import Drills

struct DrillCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drill",
    abstract: "Breaks a cluster under load by a timeline of faults, and judges what its clients saw.",
    discussion: """
      A drill starts the topology that it names in a temporary folder and removes it afterwards. Exit status 0: every
      expectation held; 99: one was missed, or too little happened to prove anything; 1: it could not be carried out.
      --selftest proves that a green drill means something: it runs each drill with a guard taken away that its file names
      under 'selftest' (the copies of a shard, early elections, disks that keep what they say is synced), and looks
      whether just the expectations that the file names turn red. Exit status 0: all did; 99: one stayed green.
      Built-in drills: \(BuiltInDrills.names.joined(separator: ", ")).
      Examples:
        gantry drill leader-kill
        gantry drill Cluster/drills/*.yaml --html drills.html
        gantry drill my.yaml --data .gantry --json -
        gantry drill --selftest
        gantry drill --print-config
      """)

  @Argument(
    help: ArgumentHelp(
      "Built-in drills, or paths of files; one after the other. With --selftest none means all built-in ones.",
      valueName: "file"))
  var files: [String] = []
  @Option(help: ArgumentHelp("Break the cluster that is up in this folder instead of a new one.", valueName: "dir"))
  var data: String?
  @Option(
    help: ArgumentHelp(
      "Only load and expectations, without faults, against any DynamoDB API; several with commas.", valueName: "url"))
  var endpoint: String?
  @Option(help: ArgumentHelp("Region of --endpoint.", valueName: "name")) var region = "us-east-1"
  @Flag(help: "Leave the drill's own cluster up.") var keep = false
  @Flag(help: "Take a guard away from each drill and see whether it turns red.") var selftest = false
  @Option(
    help: ArgumentHelp("Write the verdicts as JSON, a line for each drill; -: to standard output.", valueName: "file"))
  var json: String?
  @Option(
    help: ArgumentHelp(
      "Write each verdict as one page for a browser; of several drills the name gets theirs.", valueName: "file"))
  var html: String?
  @Flag(help: "Print every key of a drill's file with its default, unit and meaning, and end.") var printConfig = false

  func validate() throws {
    guard printConfig || selftest || !files.isEmpty else {
      throw ValidationError("A drill must be given: a name or a file.")
    }
    guard data == nil || endpoint == nil else { throw ValidationError("--data and --endpoint exclude each other.") }
    guard !keep || (data == nil && endpoint == nil) else {
      throw ValidationError("--keep is for a drill's own cluster.")
    }
    guard !selftest || (data == nil && endpoint == nil) else {
      throw ValidationError("--selftest breaks clusters of its own, and no other one.")
    }
  }

  func run() throws {
    if printConfig { return Terminal.print(Drill.printConfig) }
    let drills = try (files.isEmpty ? BuiltInDrills.names : files).map { try Drill.load($0) }
    let outputs = try DrillOutputs(json: json, html: html, drills: drills)
    if selftest { return try SelftestRun(drills, outputs, keeps: keep).run() }
    let place = try place()
    var hasHeld = true
    for (number, drill) in drills.enumerated() {
      Terminal.note("\(drill.title) (\(drill.source))")
      let run = DrillRun(drill, at: place) { Terminal.note($0) }
      let report = try blocking { () async throws in try await run.run() }
      outputs.show { report.summary(isColoured: $0) }
      try outputs.write(json: report.json, page: report.html, of: number)
      hasHeld = hasHeld && report.verdict == .held
    }
    if !hasHeld { throw ExitCode(99) }
  }

  private func place() throws -> DrillRun.Place {
    if let data { return .folder(data) }
    guard let endpoint else { return .own(keeps: keep) }
    return .endpoints(try Endpoint.plainList(endpoint), region: region)
  }
}
