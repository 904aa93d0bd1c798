internal import Client
internal import Glibc
public import Logging

/// A sink: mirrors one table of any endpoint to PostgreSQL, with exactly-once effect.
public struct Sink: Sendable {
  /// After it another endpoint is asked, or the same one again.
  private static let answerTimeoutMs = 5_000

  private let plan: SinkPlan
  private let client: DynamoClient
  private let http: HTTPClient
  private let metrics: SinkMetrics
  private let logger: Logger

  /// - Parameters:
  ///   - endpoint: a URL of the API, or several with commas between them, which are used one after the other as each
  ///     fails. Credentials come from the environment; without them requests are not signed.
  ///   - mapping: nil mirrors items only.
  ///   - awaitsTable: whether a table that is not there yet is waited for.
  public init(
    endpoint: String, region: String, table: String, postgres: PostgresTarget, mapping: Mapping?,
    awaitsTable: Bool = false, metrics: SinkMetrics, logger: Logger
  ) throws {
    let endpoints: [Endpoint]
    do { endpoints = try Endpoint.list(endpoint) } catch { throw SinkError(error.description) }
    let credentials: AWSCredentials?
    do { credentials = try AWSCredentials() } catch { throw SinkError(error.description) }
    http = HTTPClient()
    client = DynamoClient(
      endpoints: endpoints, region: region, credentials: credentials, http: http,
      retries: RetryPolicy(attemptsMax: 3, firstDelayMs: 20, delayMsMax: 200), timeoutMs: Self.answerTimeoutMs)
    plan = SinkPlan(
      table: table, target: postgres, mapping: mapping ?? .none,
      residencyKey: AWSCredentials.variable(Residency.keyVariable), owner: Self.owner(),
      awaitsTable: awaitsTable, pace: endpoints.contains { $0.host.hasSuffix(".amazonaws.com") } ? .amazon : PollPace())
    self.metrics = metrics
    self.logger = logger
  }

  /// Runs until the task is cancelled; throws where only a person can help.
  public func run() async throws {
    let runner = SinkRunner(plan, api: HTTPStreams(client: client), metrics: metrics, logger: logger)
    do {
      try await runner.run()
    } catch {
      await http.shutDown()
      throw error
    }
    await http.shutDown()
  }

  /// The machine's name, the process and a number that no earlier process of that number had.
  private static func owner() -> String {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    let host = name.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    return "\(host)-\(getpid())-\(String(UInt32.random(in: 0...UInt32.max), radix: 16))"
  }
}
