internal import ArgumentParser
internal import Client
internal import Edge
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Roles
internal import Settings
internal import Sink
internal import Synchronization
internal import System
internal import Telemetry

struct RunSinkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "run", abstract: "Mirrors until it is stopped.")

  @Option(help: ArgumentHelp("The process's settings, instead of the options below.", valueName: "file"))
  var config: String?
  @Option(
    help: ArgumentHelp(
      "The API to read from, http or https; several with commas between them: when one fails the next is asked.",
      valueName: "url[,url…]"))
  var endpoint: String?
  @Option(help: "The table; it needs a stream of new and old images.") var table: String?
  @Option(help: ArgumentHelp("Where to, without its password.", valueName: "url")) var postgres: String?
  @Option(
    help: ArgumentHelp(
      "Which items become rows: \(BuiltInMappings.names.joined(separator: ", ")) or a file. Without it: none.",
      valueName: "file"))
  var mapping: String?
  @Option(help: "The region that requests name.") var region: String?
  @Option(help: ArgumentHelp("Serve /healthz, /readyz and /metrics here (loopback).", valueName: "host:port"))
  var admin: String?
  @Option(help: "text or json.") var logFormat = "text"
  @Flag(help: "Print every key of a settings file and of a mapping with its meaning, and end.") var printConfig = false

  func run() throws {
    if printConfig { return Terminal.print(SinkSettings.printConfig + "\n" + Mapping.printConfig) }
    let settings = try config.map { try SinkSettings.load(path: $0) } ?? given()
    Signals.prepare()
    let logger = ProcessLog.logger(process: settings.name, format: settings.logFormat, level: settings.logLevel)
    var registry = MetricRegistry()
    ProcessMetrics.register(in: &registry)
    let metrics = SinkMetrics(&registry)
    let target = try PostgresTarget(settings.postgres)
    if let warning = target.warning { Terminal.note("gantry: warning: \(warning)") }
    let sink = try Sink(
      endpoint: settings.endpoint, region: settings.region, table: settings.table, postgres: target,
      mapping: try settings.mapping.map(Mapping.load), awaitsTable: settings.awaitsTable, metrics: metrics,
      logger: logger)
    let server = try startAdmin(settings.admin, &registry, metrics)
    logger.info("sink started", metadata: ["table": "\(settings.table)", "postgres": "\(target)"])
    try run(sink, logger)
    withExtendedLifetime(server) {}
  }

  private func given() throws -> SinkSettings {
    guard let endpoint, let table, let postgres else {
      throw ValidationError("--endpoint, --table and --postgres must be given, or --config.")
    }
    guard let format = LogFormat(rawValue: logFormat) else { throw ValidationError("--log-format takes text or json.") }
    let settings = SinkSettings(
      endpoint: endpoint, region: regionName, table: table, postgres: postgres, mapping: mapping, admin: admin,
      logFormat: format)
    try settings.validate(file: "--admin")
    return settings
  }

  /// Until a signal, or until the sink cannot go on.
  private func run(_ sink: Sink, _ logger: Logger) throws {
    let failure = Mutex<(any Error)?>(nil)
    let task = Task {
      do {
        try await sink.run()
      } catch {
        failure.withLock { $0 = error }
        Signals.stop(because: "\(error)")
      }
    }
    let ending = Signals.wait()
    task.cancel()
    blocking { () async in await task.value }
    if let error = failure.withLock({ $0 }) { throw error }
    logger.info("sink stops", metadata: ["reason": "\(ending.reason)"])
  }

  private var regionName: String {
    region ?? AWSCredentials.variable("AWS_REGION") ?? AWSCredentials.variable("AWS_DEFAULT_REGION") ?? "us-east-1"
  }

  private func startAdmin(
    _ admin: String?, _ registry: inout MetricRegistry, _ metrics: SinkMetrics
  ) throws -> AdminServer? {
    guard let address = admin.flatMap({ HostPort($0) }) else { return nil }
    let complete = Mutex<MetricRegistry?>(nil)
    let server = try AdminServer.start(
      host: address.host, port: address.port, eventLoop: MultiThreadedEventLoopGroup(numberOfThreads: 1).next(),
      clock: RealClock(), registry: &registry, isReady: { metrics.isReading },
      metrics: {
        let page = complete.withLock { $0 }.map(PrometheusText.text) ?? ""
        return Array((page + metrics.page).utf8)
      }, routes: []
    ).wait()
    complete.withLock { [registry] in $0 = registry }
    return server
  }
}
