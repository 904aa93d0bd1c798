internal import Client
internal import Items
internal import Load

/// Three members of etcd on loopback, driven at their leader.
final class EtcdCluster: MeasuredSystem {
  private static let upTimeoutMs = 30_000
  /// What it may store; the default of 2 GiB would end a long comparison. It changes nothing about speed.
  private static let quotaBytes = 8 << 30
  /// How 64 clients may share connections, each call on a stream of its own.
  private static let connectionChoices = [64, 8, 1]

  let name = "etcd"
  private(set) var notes: [String] = []
  private var members: [ChildProcess] = []
  private var endpoints: [Endpoint] = []
  private var connections: [Verb: Int] = [:]

  /// - Parameter folder: holds its data; the caller removes it.
  init(executable: String, folder: String, _ interruption: Interruption) throws {
    do {
      try start(executable, folder)
      _ = try waitForLeader(interruption)
    } catch {
      end()
      throw error
    }
  }

  var pids: [Int32] { members.map(\.pid) }

  private func start(_ executable: String, _ folder: String) throws {
    let version = try Self.version(executable, folder)
    notes = [
      "etcd \(version): three members with default settings but for a larger storage quota, driven at the leader."
    ]
    let ports = try LocalPorts.pick(6)
    let names = ["m1", "m2", "m3"]
    let peers = zip(names, ports[3...]).map { "\($0)=http://127.0.0.1:\($1)" }.joined(separator: ",")
    for (index, name) in names.enumerated() {
      let client = "http://127.0.0.1:\(ports[index])"
      let peer = "http://127.0.0.1:\(ports[3 + index])"
      endpoints.append(Endpoint(host: "127.0.0.1", port: ports[index]))
      members.append(
        try ChildProcess(
          executable,
          [
            "--name", name, "--data-dir", "\(folder)/\(name)", "--listen-client-urls", client,
            "--advertise-client-urls", client, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
            "--initial-cluster", peers, "--initial-cluster-state", "new", "--quota-backend-bytes",
            "\(Self.quotaBytes)",
          ], output: "\(folder)/\(name).out"))
    }
  }

  private static func version(_ executable: String, _ folder: String) throws -> String {
    let output = "\(folder)/etcd-version.out"
    try ChildProcess(executable, ["--version"], output: output).waitForSuccess(timeoutMs: upTimeoutMs)
    let line = Files.text(output)?.split(separator: "\n").first ?? ""
    return String(line.split(separator: " ").last ?? "of an unknown version")
  }

  // MARK: The leader

  private func waitForLeader(_ interruption: Interruption) throws -> Endpoint {
    let deadline = ContinuousClock.now + .milliseconds(Self.upTimeoutMs)
    while ContinuousClock.now < deadline {
      try interruption.check()
      guard members.allSatisfy(\.isRunning) else { throw ComparisonError("a member of etcd has ended") }
      if let leader = try leader() { return leader }
    }
    throw ComparisonError("etcd has no leader after \(Self.upTimeoutMs) ms")
  }

  /// The member that says that it leads, asked by the JSON gateway.
  private func leader() throws -> Endpoint? {
    let endpoints = endpoints
    return try blocking {
      let http = HTTPClient()
      var leader: Endpoint?
      for endpoint in endpoints {
        let answer = try? await http.post("/v3/maintenance/status", body: Array("{}".utf8), to: endpoint)
        guard let answer, answer.status == 200, let status = try? JSONValue(parsing: answer.body) else { continue }
        if let own = status["header"]?["member_id"]?.text, own == status["leader"]?.text { leader = endpoint }
      }
      await http.shutDown()
      if leader == nil { try? await Task.sleep(for: .milliseconds(50)) }
      return leader
    }
  }

  // MARK: Loads

  /// Finds for each verb how many connections serve 64 clients best.
  func chooseConnections(keys: Int, seconds: Int, _ interruption: Interruption) throws {
    for verb in [Verb.put, .get] {
      var rates: [(connections: Int, perSecond: Double)] = []
      for choice in Self.connectionChoices {
        connections[verb] = choice
        let settings = LoadSettings.closed(clients: 64, seconds: seconds)
        let report = try run(settings, verb, .random(count: keys, seed: 99), interruption)
        rates.append((choice, report.total.perSecond))
      }
      let best = rates.max { $0.perSecond < $1.perSecond } ?? rates[0]
      connections[verb] = best.connections
      let tried = rates.map { "\(Numbers.grouped($0.perSecond))/s with \($0.connections)" }.joined(separator: ", ")
      let shared = "\(best.connections) HTTP/2 connection\(best.connections == 1 ? "" : "s")"
      notes.append("etcd's \(verb)s: 64 clients on \(shared), the best of \(tried).")
    }
  }

  func run(_ settings: LoadSettings, _ verb: Verb, _ space: KeySpace, _ interruption: Interruption) throws -> RunReport
  {
    let wire = GRPCWireSettings(
      endpoint: try waitForLeader(interruption), connections: min(connections[verb] ?? 64, settings.clients))
    return try follow(settings, wire, ComparisonSource(verb, space, .etcd), interruption, by: GRPCWire.self)
  }

  func end() {
    for member in members { member.end() }
  }
}
