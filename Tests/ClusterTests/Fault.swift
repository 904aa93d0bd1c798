import Items

/// What a schedule can do to a cluster, as orders of the command line.
enum Fault {
  /// SIGKILL.
  case kill(String)
  case start(String)
  /// SIGTERM: a node hands over what it leads.
  case stop(String)
  case pause(String)
  case resume(String)
  case partition([String])
  /// What `from` sends does not reach `to`.
  case isolate(from: String, to: String)
  case heal

  var arguments: [String] {
    switch self {
    case .kill(let name): ["kill", name]
    case .start(let name): ["start", name]
    case .stop(let name): ["stop", name]
    case .pause(let name): ["pause", name]
    case .resume(let name): ["resume", name]
    case .partition(let groups): ["partition"] + groups
    case .isolate(let from, let to): ["isolate", "--from", from, "--to", to]
    case .heal: ["heal"]
    }
  }
}

extension TestCluster {
  func order(_ fault: Fault) throws {
    let run = try Self.gantry(["cluster"] + fault.arguments + ["--data", data])
    guard run.code == 0 else { throw Failure(text: "\(fault): \(run.errors)\(run.output)") }
  }

  /// The leader of each shard that has one.
  func leaders() throws -> [Int: String] {
    var leaders: [Int: String] = [:]
    for shard in try status()["shards"]?.elements ?? [] {
      if let id = shard["id"]?.integer, let leader = shard["leader"]?.text { leaders[id] = leader }
    }
    return leaders
  }

  /// Else a killed node could come back before anyone missed it, and lead on.
  func waitForOthersToLead(insteadOf node: String, count: Int, atLeast: Bool = false) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while true {
      let now = try leaders()
      // A leader that is cut off may not know yet; the newest term counts.
      if atLeast ? now.values.contains(where: { $0 != node }) : now.count == count && !now.values.contains(node) {
        return
      }
      guard ContinuousClock.now < deadline else { throw Failure(text: "no other leaders after \(node): \(now)") }
      try await Task.sleep(for: .milliseconds(20))
    }
  }
}
