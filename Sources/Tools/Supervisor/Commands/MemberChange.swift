internal import Client
internal import Items

/// What the nodes of a region say of its members, as far as they were told.
struct MembersView: Sendable {
  struct Member: Sendable {
    var node: Int
    var name: String
    var isLeaving: Bool
  }

  var version: Int
  var members: [Member]
  /// `add`, `drain` or `replace`; nil where nothing changes.
  var plan: String?
  /// The node that comes or leaves.
  var plannedNode: Int?
  var moved: Int
  var move: (shard: Int, from: Int, to: Int)?
  var movesLeft: Int

  init?(_ body: [UInt8]) {
    guard let json = try? JSONValue(parsing: body), let version = json["version"]?.integer,
      let entries = json["members"]?.elements
    else { return nil }
    self.version = version
    members = entries.compactMap { entry in
      guard let node = entry["node"]?.integer, let name = entry["name"]?.text else { return nil }
      return Member(node: node, name: name, isLeaving: entry["leaving"]?.bool ?? false)
    }
    plan = json["plan"]?["kind"]?.text
    plannedNode = json["plan"]?["node"]?.integer
    moved = json["plan"]?["moved"]?.integer ?? 0
    if let shard = json["move"]?["shard"]?.integer, let from = json["move"]?["from"]?.integer,
      let to = json["move"]?["to"]?.integer
    {
      move = (shard, from, to)
    }
    movesLeft = json["movesLeft"]?.integer ?? 0
  }

  func name(_ node: Int) -> String { members.first { $0.node == node }?.name ?? "node \(node)" }

  /// Who comes in the place of that node: the newest member.
  func replacement(of node: Int?) -> String? {
    guard plan == "replace", plannedNode == node else { return nil }
    return members.last.map(\.name)
  }

  /// One line: what changes, and how far it is. Nil where nothing does.
  var text: String? {
    guard let plan, let plannedNode else { return nil }
    let what =
      switch plan {
      case "add": "\(name(plannedNode)) is being added"
      case "drain": "\(name(plannedNode)) is being drained"
      default: "\(name(plannedNode)) is being replaced by \(members.last?.name ?? "another node")"
      }
    guard let move else { return what }
    let group = move.shard == 0 ? "the metadata group" : "shard \(move.shard)"
    return
      "\(what): \(group) moves from \(name(move.from)) to \(name(move.to)), \(movesLeft) of \(moved + movesLeft) left"
  }
}

/// How a change went.
struct MemberProgress: Sendable {
  var moved: Int
  var durationMs: Int

  var text: String {
    let seconds = Double(durationMs / 100) / 10
    return moved == 1 ? "1 replica moved in \(seconds) s" : "\(moved) replicas moved in \(seconds) s"
  }
}

/// One change of a region's members: asked for, then followed.
struct MemberChange: Sendable {
  static let askTimeoutMs = 30_000
  /// Without a replica moved for so long the command gives up; the cluster goes on.
  static let standstillMs = 120_000
  static let pollMs = 50

  let folder: DataFolder
  let http: HTTPClient
  /// The node that comes or leaves.
  let node: DescribedProcess

  func member(_ process: DescribedProcess) -> [(String, JSONValue)] {
    [("node", .integer(process.node)), ("name", .text(process.name)), ("address", .text(process.address))]
  }

  func json(_ members: [(String, JSONValue)]) -> JSONValue {
    .object(members.map { .init(name: Array($0.0.utf8), value: $0.1) })
  }

  /// The running nodes of the node's region.
  private func nodes() throws(SupervisorError) -> [DescribedProcess] {
    let description = try ClusterDescription.ofRunning(folder)
    let region = description.regions.first { region in region.processes.contains { $0.name == node.name } }
    return (region?.processes ?? []).filter { $0.role == .node && $0.state(in: folder) == .up }
  }

  /// What became of asking for a change.
  enum Outcome {
    /// It is under way or done, which shows in the members of that version.
    case accepted(version: Int)
    case refused(String)
  }

  func ask(_ change: String, _ fields: [(String, JSONValue)]) async throws(SupervisorError) -> Outcome {
    let body = Array(json([("change", .text(change))] + fields).compact.utf8)
    let deadline = ContinuousClock.now + .milliseconds(Self.askTimeoutMs)
    while ContinuousClock.now < deadline {
      for process in try nodes() {
        guard let endpoint = Endpoint(process.admin),
          let response = try? await http.post("/members", body: body, to: endpoint, timeoutMs: 5_000),
          response.status == 200, let json = try? JSONValue(parsing: response.body)
        else { continue }
        switch json["result"]?.text {
        case "done": return .accepted(version: json["version"]?.integer ?? 1)
        case "refused": return .refused(json["reason"]?.text ?? "the change is refused")
        default: continue
        }
      }
      try? await Task.sleep(for: .milliseconds(Self.pollMs))
    }
    throw SupervisorError(
      "no node answers for the metadata group: see gantry cluster status; nothing is known to have changed")
  }

  /// What the node knows that knows most.
  func members() async -> MembersView? {
    var newest: MembersView?
    for process in (try? nodes()) ?? [] {
      guard let endpoint = Endpoint(process.admin),
        let response = try? await http.get("/members", from: endpoint, timeoutMs: 1_000), response.status == 200,
        let view = MembersView(response.body)
      else { continue }
      if view.version >= newest?.version ?? 0 { newest = view }
    }
    return newest
  }

  /// Returns when every replica has moved, as the members of that version or later say.
  func follow(from first: Int, _ progress: @Sendable (String) -> Void) async throws(SupervisorError) -> MemberProgress {
    let start = ContinuousClock.now
    var (moved, version, since) = (0, 0, start)
    var told: String?
    while true {
      if let view = await members() {
        if view.version > version { (version, since) = (view.version, .now) }
        moved = max(moved, view.plan == nil ? moved : view.moved + (view.move == nil ? 0 : 1))
        guard view.plan != nil || view.version < first else {
          return MemberProgress(moved: moved, durationMs: Int((ContinuousClock.now - start) / .milliseconds(1)))
        }
        if let text = view.text, text != told {
          progress(text)
          told = text
        }
      }
      guard ContinuousClock.now - since < .milliseconds(Self.standstillMs) else {
        throw SupervisorError(
          "no replica has moved for \(Self.standstillMs / 1_000) s: see gantry cluster status, and give the command again"
        )
      }
      try? await Task.sleep(for: .milliseconds(Self.pollMs))
    }
  }

  /// Refuses to wait for ever: where shards have one copy, that of a node that is down can come from nowhere else.
  static func checkCopies(
    of name: String, in status: ClusterStatus, _ region: ClusterStatus.Region?
  ) throws(SupervisorError) {
    guard let process = status.processes.first(where: { $0.described.name == name }), process.state != .up,
      region?.groups.allSatisfy({ $0.replicas.count == 1 }) ?? true
    else { return }
    throw SupervisorError(
      "\(name) is \(process.state.rawValue) and has the only copy of what it holds: start it first, or restore a backup into "
        + "a new cluster")
  }

  /// Refuses to begin what would put a majority at risk: every other node is to run, and every replica on it to be whole.
  func checkOthers(butFor names: [String]) async throws(SupervisorError) {
    let status = try await StatusReader(folder).read(checksums: false)
    let region = status.regions.first { region in
      status.processes.contains { $0.region == region.name && $0.described.name == node.name }
    }
    try Self.checkCopies(of: node.name, in: status, region)
    for process in status.processes
    where process.region == region?.name && process.described.role == .node && process.state != .up {
      if names.contains(process.described.name) { continue }
      throw SupervisorError(
        "\(process.described.name) is \(process.state.rawValue): with \(node.name) leaving too, a majority of the replicas "
          + "would be at risk; start it first, or replace it")
    }
    for group in region?.groups ?? [] {
      let what = group.id == 0 ? "the metadata group" : "shard \(group.id)"
      for replica in group.replicas where !names.contains(replica.node) && !replica.isHealthy {
        throw SupervisorError(
          "\(replica.node)'s replica of \(what) is not healthy: with \(node.name) leaving too, its majority would be at "
            + "risk; wait until it is, see gantry cluster status")
      }
    }
  }
}

extension MembersView {
  /// For `status --json`.
  var json: JSONValue {
    .members([
      "version": .integer(version),
      "nodes": .array(
        members.map {
          .members(["node": .integer($0.node), "name": .text($0.name), "leaving": .bool($0.isLeaving)])
        }),
      "change": .text(plan), "node": .text(plannedNode.map(name)), "moved": .integer(moved),
      "movesLeft": .integer(movesLeft),
      "move": move.map { move in
        .members([
          "shard": .integer(move.shard), "from": .text(name(move.from)), "to": .text(name(move.to)),
        ])
      } ?? .null,
    ])
  }
}
