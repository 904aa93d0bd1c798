internal import ArgumentParser
internal import Supervisor

struct PauseReplicationCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause-replication", abstract: "Keeps changes of tables from going to other regions.",
    discussion: """
      Reads and writes go on in every region; changes wait where they were made, on the disk. Without a region named it
      concerns all of them, with one what comes from it and what goes to it. It lasts, also for nodes that start later,
      until resume-replication or down, and status shows it. What is under way at that moment may still arrive.
      Examples:
        gantry cluster pause-replication
        gantry cluster pause-replication --table orders eu-west-1
        gantry cluster pause-replication --from us-east-1 --to eu-west-1 --json
      """)

  @OptionGroup var scope: ReplicationOptions
  @OptionGroup var options: ClusterOptions

  func run() throws {
    let command = ReplicationCommands(try options.folder())
    let scope = scope.scope
    try options.report { () async throws(SupervisorError) in try await command.pause(scope) }
  }
}

struct ResumeReplicationCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume-replication", abstract: "Lets changes go to other regions again.",
    discussion: """
      Without --table it ends what was paused table by table, too.
      Examples:
        gantry cluster resume-replication
        gantry cluster resume-replication --table orders eu-west-1
      """)

  @OptionGroup var scope: ReplicationOptions
  @OptionGroup var options: ClusterOptions

  func run() throws {
    let command = ReplicationCommands(try options.folder())
    let scope = scope.scope
    try options.report { () async throws(SupervisorError) in try await command.resume(scope) }
  }
}

struct ReplicationOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("From and to this region.", valueName: "region")) var region: String?
  @Option(help: "Changes of this table alone.") var table: String?
  @Option(help: ArgumentHelp("From this region alone.", valueName: "region")) var from: String?
  @Option(help: ArgumentHelp("To this region alone.", valueName: "region")) var to: String?

  var scope: ReplicationCommands.Scope {
    ReplicationCommands.Scope(table: table, from: from, to: to, region: region)
  }
}
