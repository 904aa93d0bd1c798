internal import Items

/// What a command changes about the links.
enum FaultChange: Equatable, Sendable {
  case partition([[String]])
  case isolate(from: String, to: String)
  case heal

  /// - Parameter words: groups of names with commas.
  static func partition(_ words: [String], of cluster: ClusterDescription) throws(SupervisorError) -> FaultChange {
    guard words.count >= 2 else {
      throw SupervisorError("a partition takes two groups or more, such as: n1 n2,n3", exitCode: 2)
    }
    var seen: Set<String> = []
    var groups: [[String]] = []
    for word in words {
      let names = word.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      for name in names {
        try checkLinks(of: name, cluster)
        guard seen.insert(name).inserted else {
          throw SupervisorError("'\(name)' is named twice; each process is in one group at most", exitCode: 2)
        }
      }
      groups.append(names)
    }
    return .partition(groups)
  }

  static func isolate(
    from: String, to: String, of cluster: ClusterDescription
  ) throws(SupervisorError) -> FaultChange {
    for name in [from, to] { try checkLinks(of: name, cluster) }
    guard from != to else { throw SupervisorError("'\(from)' has no link to itself", exitCode: 2) }
    return .isolate(from: from, to: to)
  }

  private static func checkLinks(of name: String, _ cluster: ClusterDescription) throws(SupervisorError) {
    guard try !cluster.known(name).role.hasLinks else { return }
    throw SupervisorError("links of '\(name)' cannot be cut; pause it, or stop it", exitCode: 2)
  }

  var json: JSONValue {
    switch self {
    case .partition(let groups): .members(["partition": .array(groups.map { .array($0.map { .text($0) }) })])
    case .isolate(let from, let to): .members(["isolate": .members(["from": .text(from), "to": .text(to)])])
    case .heal: .members(["heal": .bool(true)])
    }
  }

  init?(_ json: JSONValue) {
    if let groups = json["partition"]?.elements {
      self = .partition(groups.map { $0.elements?.compactMap(\.text) ?? [] })
    } else if let from = json["isolate"]?["from"]?.text, let to = json["isolate"]?["to"]?.text {
      self = .isolate(from: from, to: to)
    } else if json["heal"]?.bool == true {
      self = .heal
    } else {
      return nil
    }
  }
}
