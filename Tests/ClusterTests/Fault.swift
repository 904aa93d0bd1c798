import Items

/// What a schedule can do to a cluster, as orders of the command line.
enum Fault {
  /// SIGKILL.
  case kill(String)
  case start(String)

  var arguments: [String] {
    switch self {
    case .kill(let name): ["kill", name]
    case .start(let name): ["start", name]
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
  func waitForOthersToLead(insteadOf node: String, count: Int) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while true {
      let now = try leaders()
      if now.count == count && !now.values.contains(node) { return }
      guard ContinuousClock.now < deadline else { throw Failure(text: "no other leaders after \(node): \(now)") }
      try await Task.sleep(for: .milliseconds(20))
    }
  }
}
