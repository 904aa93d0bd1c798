internal import ArgumentParser
internal import Supervisor

struct ClusterCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cluster",
    abstract: "Starts, watches, breaks and stops a cluster on this machine.",
    subcommands: [
      UpCommand.self, StatusCommand.self, KillCommand.self, StopCommand.self, StartCommand.self, PauseCommand.self,
      ResumeCommand.self, PartitionCommand.self, IsolateCommand.self, DelayCommand.self, LossCommand.self,
      HealCommand.self, ClockCommand.self, DiskCommand.self, PauseReplicationCommand.self,
      ResumeReplicationCommand.self, AddCommand.self, DrainCommand.self, ReplaceCommand.self, LogsCommand.self,
      DownCommand.self, SuperviseCommand.self,
    ])
}

/// Flags that every cluster command takes.
struct ClusterOptions: ParsableArguments {
  static let defaultData = ".gantry"

  @Option(help: ArgumentHelp("The cluster's folder.", valueName: "dir"))
  var data = defaultData

  @Flag(help: "Answer in JSON.")
  var json = false

  func folder() throws -> DataFolder { try DataFolder(existing: data) }

  /// Orders a fault, or its end, and prints what the cluster suffers then.
  func report(_ order: @escaping @Sendable () async throws(SupervisorError) -> FaultCommands.Report) throws {
    let report = try blocking(order)
    Terminal.print(json ? report.json : report.text)
  }

  /// What a printed command needs to reach the same cluster.
  var dataFlag: String { data == Self.defaultData ? "" : " --data \(data)" }
}

struct KillCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kill", abstract: "Ends a process at once (SIGKILL); it stays down until it is started.",
    discussion: "Example: gantry cluster kill n1")

  @Argument(help: "A process of the topology.") var name: String
  @OptionGroup var options: ClusterOptions

  func run() throws {
    let report = try ProcessCommands(options.folder(), name).kill()
    Terminal.print(options.json ? report.json : report.text)
  }
}

struct StopCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop", abstract: "Lets a process end in order (SIGTERM); kills it where it does not.",
    discussion: "Example: gantry cluster stop c1")

  @Argument(help: "A process of the topology.") var name: String
  @OptionGroup var options: ClusterOptions

  func run() throws {
    let report = try ProcessCommands(options.folder(), name).stop()
    Terminal.print(options.json ? report.json : report.text)
  }
}

struct StartCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "start", abstract: "Starts a process that is down and waits until it serves.",
    discussion: "Example: gantry cluster start n1")

  @Argument(help: "A process of the topology.") var name: String
  @OptionGroup var options: ClusterOptions

  func run() throws {
    let command = try ProcessCommands(options.folder(), name)
    let report = try blocking { () async throws(SupervisorError) in try await command.start() }
    Terminal.print(options.json ? report.json : report.text)
  }
}

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Shows every process, shard and replica.",
    discussion: """
      Works without a quorum, and writes nothing unless --checksums is given.
      Examples:
        gantry cluster status
        gantry cluster status --checksums --json
      """)

  @Flag(help: "Let every replica sum its data at one log entry, and compare the sums.") var checksums = false
  @OptionGroup var options: ClusterOptions

  func run() throws {
    let reader = StatusReader(try options.folder())
    let wantsChecksums = checksums
    let status = try blocking { () async throws(SupervisorError) in try await reader.read(checksums: wantsChecksums) }
    Terminal.print(options.json ? status.json : status.text)
    if let agreement = status.agreement, agreement != .equal { throw ExitCode(1) }
  }
}

struct LogsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs", abstract: "Prints the log of a process, or of the supervisor.",
    discussion: """
      Examples:
        gantry cluster logs n1
        gantry cluster logs supervisor -f
      """)

  @Argument(help: "A process of the topology, or supervisor.") var name: String
  @Flag(name: .customShort("f"), help: "Go on as the log grows, until Ctrl-C.") var follow = false
  @OptionGroup var options: ClusterOptions

  func run() throws {
    try LogReading(options.folder(), name).read(follow: follow, asJSON: options.json) { Terminal.raw($0) }
  }
}

struct DownCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "down", abstract: "Stops every process of a cluster, also those that a lost supervisor left.",
    discussion: """
      Examples:
        gantry cluster down
        gantry cluster down --wipe
      """)

  @Flag(help: "Also remove the cluster's data and logs.") var wipe = false
  @OptionGroup var options: ClusterOptions

  func run() throws {
    let folder = try options.folder()
    let down = ClusterDown(folder)
    let didRun = try down.stop()
    if wipe { try down.wipe() }
    if options.json {
      Terminal.print(#"{"stopped":\#(didRun),"wiped":\#(wipe)}"#)
    } else {
      let state = didRun ? "stopped" : "nothing was running"
      Terminal.print("\(folder.path): \(state)\(wipe ? ", data removed" : "")")
    }
  }
}
