internal import Client
internal import Items
internal import Load

/// Three nodes and a coordinator, by `gantry cluster up --topology bare`.
final class GantryCluster: MeasuredSystem {
  private static let upTimeoutMs = 60_000

  let name = "Gantry"
  let notes = ["Gantry: topology `bare`, three nodes with six shards, driven through its coordinator over HTTP/1.1."]
  private(set) var pids: [Int32] = []
  private let executable: String
  private let data: String
  private let output: String
  private var endpoint: Endpoint?

  /// - Parameter folder: holds its data; the caller removes it.
  init(executable: String, folder: String) throws {
    self.executable = executable
    data = folder + "/gantry"
    output = folder + "/gantry.out"
    do {
      try start()
      try makeTable()
    } catch {
      end()
      throw error
    }
  }

  private func start() throws {
    let up = try ChildProcess(
      executable,
      ["cluster", "up", "--topology", "bare", "--port", "0", "--detach", "--json", "--data", data], output: output)
    do {
      try up.waitForSuccess(timeoutMs: Self.upTimeoutMs)
    } catch {
      throw ComparisonError("\(error): \(Files.text(output + ".err") ?? "")")
    }
    guard let region = try JSONValue(parsing: Files.bytes(output) ?? [])["regions"]?[0],
      let endpoint = region["endpoint"]?.text.flatMap({ Endpoint($0) })
    else { throw ComparisonError("gantry cluster up --json did not describe its endpoint") }
    self.endpoint = endpoint
    let processes = (region["nodes"]?.elements ?? []) + (region["coordinators"]?.elements ?? [])
    pids = processes.compactMap { $0["pid"]?.integer }.map { Int32($0) }
  }

  private var client: Endpoint {
    guard let endpoint else { fatalError("A cluster that is up has an endpoint.") }
    return endpoint
  }

  private func makeTable() throws { try DynamoTable.make(at: client) }

  func run(_ settings: LoadSettings, _ verb: Verb, _ space: KeySpace, _ interruption: Interruption) throws -> RunReport
  {
    try follow(
      settings, HTTPWireSettings(endpoints: [client]), ComparisonSource(verb, space, .dynamoDB), interruption,
      by: HTTPWire.self)
  }

  func end() {
    let down = try? ChildProcess(
      executable, ["cluster", "down", "--wipe", "--data", data], output: output + ".down")
    try? down?.waitForSuccess(timeoutMs: Self.upTimeoutMs)
  }
}

/// The table of a comparison, at any endpoint of the DynamoDB API.
enum DynamoTable {
  static func make(at endpoint: Endpoint) throws {
    let request = Array(
      #"""
      {"TableName":"\#(ComparisonSource.table)","BillingMode":"PAY_PER_REQUEST",
      "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],
      "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}]}
      """#.utf8)
    try blocking {
      let http = HTTPClient()
      do {
        try await DynamoClient(endpoint: endpoint, http: http)
          .createTable(named: ComparisonSource.table, request: request)
        await http.shutDown()
      } catch {
        await http.shutDown()
        throw error
      }
    }
  }
}
