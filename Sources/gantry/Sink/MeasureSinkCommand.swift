internal import ArgumentParser
internal import Client
internal import Sink

/// For whoever works at the sink; see Benchmarks/mirror, which uses them all.
struct MeasureSinkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "measure", abstract: "Measures a sink, piece by piece.", shouldDisplay: false,
    subcommands: [MeasureApplyCommand.self, MeasureLagCommand.self, FillCommand.self, FollowCommand.self])
}

struct MeasureApplyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply", abstract: "Applies made-up changes to a database of its own, whose tables it empties.")

  @OptionGroup var database: SinkDatabaseOptions
  @Option var changes = 200_000
  @Option var shards = 2
  @Option var pageRecords = 1_000

  func run() throws {
    let target = try database.target()
    var measurement = ApplyMeasurement()
    (measurement.changes, measurement.shards, measurement.pageRecords) = (changes, shards, pageRecords)
    let bound = measurement
    Terminal.print(try blocking { () async throws in try await bound.run(target) })
  }
}

struct MeasuredTableOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The API to write to.", valueName: "url")) var endpoint: String
  @Option(help: "The table.") var table: String

  func withClient<Result: Sendable>(
    _ body: @escaping @Sendable (DynamoClient) async throws -> Result
  ) throws -> Result {
    let endpoints: [Endpoint]
    do { endpoints = try Endpoint.list(endpoint) } catch { throw ValidationError("--endpoint: \(error).") }
    return try blocking { () async throws in
      try await HTTPClient.during { http in try await body(DynamoClient(endpoints: endpoints, http: http)) }
    }
  }
}

struct MeasureLagCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lag", abstract: "From acknowledged writes to visible rows, at a fixed rate.")

  @OptionGroup var table: MeasuredTableOptions
  @OptionGroup var database: SinkDatabaseOptions
  @Option var rate = 500
  @Option var seconds = 30

  func run() throws {
    let (target, name, rate, seconds) = (try database.target(), table.table, rate, seconds)
    let report = try table.withClient { client in
      var measurement = LagMeasurement(client: client, table: name)
      (measurement.perSecond, measurement.seconds) = (rate, seconds)
      return try await measurement.run(target)
    }
    Terminal.print(report.text)
  }
}

struct FillCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "fill", abstract: "Writes made-up patients to a table.")

  @OptionGroup var table: MeasuredTableOptions
  @Option(help: "Seven writes each, or four items each with --items-only.") var patients = 10_000
  @Option(help: "Runs with different ones write different patients.") var prefix = "m"
  @Flag var itemsOnly = false
  @Flag(help: "Then switch the table's stream on, which it must not have yet.") var thenStream = false

  func run() throws {
    let (name, patients, prefix, withChanges, thenStream) = (table.table, patients, prefix, !itemsOnly, thenStream)
    let written = try table.withClient { client in
      let writer = CourseWriter(
        client: client, table: name, patients: patients, withChanges: withChanges, prefix: prefix)
      let written = try await writer.run()
      if thenStream { try await writer.switchStreamOn() }
      return written
    }
    Terminal.print("\(written) items written")
  }
}

struct FollowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "follow", abstract: "Watches until a mirror has all of its table.")

  @OptionGroup var database: SinkDatabaseOptions
  @Option var table: String
  @Option(help: "The sink's process, for its memory.") var pid: Int32?
  @Option var timeoutSeconds = 900

  func run() throws {
    let target = try database.target()
    var measurement = FollowMeasurement(table: table)
    (measurement.pid, measurement.timeoutSeconds) = (pid, timeoutSeconds)
    let bound = measurement
    Terminal.print(try blocking { () async throws in try await bound.run(target) })
  }
}
