internal import ArgumentParser
internal import Sink

/// For whoever works at the sink: how fast this machine applies changes.
struct MeasureSinkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "measure", abstract: "Applies made-up changes to a database of its own, whose tables it empties.",
    shouldDisplay: false)

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
