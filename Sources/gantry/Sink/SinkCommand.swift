internal import ArgumentParser
internal import Sink

struct SinkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sink",
    abstract: "Mirrors a table to PostgreSQL, change by change.",
    discussion: """
      Reads the DynamoDB Streams API of any endpoint; two sinks of one table share its shards. Credentials come from
      AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (without them requests are not signed), PostgreSQL's password from
      PGPASSWORD or a password file: arguments can be read by every user of a machine. PostgreSQL is reached with TLS
      that proves who answers, unless it is on this machine or the URL says sslmode=…. The certificate of an https
      endpoint is always verified; AWS_CA_BUNDLE names a file of authorities other than the system's.

      Examples:
        gantry sink --endpoint http://127.0.0.1:8000 --table ris-patient-tracking \\
          --postgres postgresql://gantry@127.0.0.1:5432/ris --mapping ris
        gantry sink status --postgres postgresql://gantry@127.0.0.1:5432/ris
      """,
    subcommands: [
      RunSinkCommand.self, SinkStatusCommand.self, RetryDeadLettersCommand.self, RebindCommand.self,
      MeasureSinkCommand.self,
    ],
    defaultSubcommand: RunSinkCommand.self)
}

struct SinkDatabaseOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The database, without its password.", valueName: "url")) var postgres: String

  func target() throws -> PostgresTarget {
    let target = try PostgresTarget(postgres)
    if let warning = target.warning { Terminal.note("gantry: warning: \(warning)") }
    return target
  }
}

struct SinkStatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Shows how far a mirror is, whether or not a sink runs.",
    discussion: "Example: gantry sink status --postgres postgresql://gantry@127.0.0.1:5432/ris")

  @OptionGroup var database: SinkDatabaseOptions
  @Flag(help: "Answer in JSON.") var json = false

  func run() throws {
    let target = try database.target()
    let status = try blocking { () async throws in try await SinkStatus.read(target) }
    Terminal.print(json ? status.json : status.text)
  }
}

struct RetryDeadLettersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry-dead-letters", abstract: "Applies records again that could not be applied.",
    discussion: """
      Uses the mapping that the last sink used. What has a newer version meanwhile is dropped; what is refused again stays.
      Example: gantry sink retry-dead-letters --postgres postgresql://gantry@127.0.0.1:5432/ris
      """)

  @OptionGroup var database: SinkDatabaseOptions
  @Flag(help: "Answer in JSON.") var json = false

  func run() throws {
    let target = try database.target()
    let report = try blocking { () async throws in try await DeadLetterRetry.run(target) }
    Terminal.print(json ? report.json : report.text)
    if report.refused > 0 { throw ExitCode(1) }
  }
}

struct RebindCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rebind", abstract: "Lets another table of the same name take a mirror over.",
    discussion: """
      A mirror belongs to one table; a sink that finds another one under its name ends with an error. After this the next
      sink takes the table that it finds, loads it, and what only the earlier one had leaves the mirror.
      Example: gantry sink rebind --table ris-patient-tracking --postgres postgresql://gantry@127.0.0.1:5432/ris
      """)

  @OptionGroup var database: SinkDatabaseOptions
  @Option(help: "The table's name.") var table: String

  func run() throws {
    let (target, name) = (try database.target(), table)
    try blocking { () async throws in try await TableBinding.release(name, target) }
    Terminal.print("the next sink takes the table \(name) that it finds")
  }
}
