internal import Items

/// One node's answer to `GET /status`.
struct NodeReport: Sendable {
  struct Group: Sendable {
    var id: Int
    var range: (first: String, last: String)?
    var replica: ClusterStatus.Replica
  }

  var name: String
  var groups: [Group]
  /// How far other regions are behind it, each to be read with its own region's name.
  var lags: [JSONValue]

  init?(_ body: [UInt8]) {
    guard let json = try? JSONValue(parsing: body), let name = json["name"]?.text,
      let entries = json["groups"]?.elements
    else { return nil }
    self.name = name
    groups = entries.compactMap { Group($0, node: name) }
    lags = json["replication"]?.elements ?? []
  }
}

extension NodeReport.Group {
  fileprivate init?(_ json: JSONValue, node: String) {
    guard let id = json["id"]?.integer, let role = json["role"]?.text else { return nil }
    self.id = id
    if let first = json["range"]?[0]?.text, let last = json["range"]?[1]?.text { range = (first, last) }
    replica = ClusterStatus.Replica(
      node: node, role: role, term: json["term"]?.unsigned ?? 0, appliedIndex: json["appliedIndex"]?.unsigned,
      logIndex: json["logIndex"]?.unsigned, isHealthy: json["healthy"]?.bool ?? false, reason: json["reason"]?.text,
      checksum: json["checksum"]?.text, checksumIndex: json["checksumIndex"]?.unsigned,
      digests: (json["digests"]?.elements ?? []).compactMap { ReplicatedTableDigest($0) })
  }
}

extension JSONValue {
  fileprivate var unsigned: UInt64? { integer.flatMap { UInt64(exactly: $0) } }
}

extension ClusterStatus.Shard {
  /// One entry a group from what the nodes say of it. Of two that call themselves leader, the later term counts: the
  /// other does not know yet.
  ///
  /// - Parameters:
  ///   - silent: nodes that did not answer.
  ///   - everyNodeHasAll: whether a silent node holds a replica of every group; else where they lie is not known here.
  static func merged(
    _ reports: [NodeReport], silent: [String], everyNodeHasAll: Bool
  ) -> [ClusterStatus.Shard] {
    var byID: [Int: ClusterStatus.Shard] = [:]
    for report in reports {
      for group in report.groups {
        var shard = byID[group.id] ?? ClusterStatus.Shard(id: group.id, range: nil, leader: nil, term: 0, replicas: [])
        shard.range = shard.range ?? group.range
        shard.replicas.append(group.replica)
        byID[group.id] = shard
      }
    }
    return byID.values.sorted { $0.id < $1.id }.map { shard in
      var shard = shard
      let leader = shard.replicas.filter { $0.role == "leader" }.max { $0.term < $1.term }
      shard.leader = leader?.node
      shard.term = shard.replicas.map(\.term).max() ?? 0
      if everyNodeHasAll { shard.replicas += silent.map { ClusterStatus.Replica(node: $0, role: "unknown") } }
      shard.replicas.sort { $0.node < $1.node }
      return shard
    }
  }

  /// Equal, unequal or not all there, of the replicas that answered and are at or past `index`.
  func agreement(at index: UInt64) -> ClusterStatus.Agreement {
    let answering = replicas.filter { $0.role != "unknown" }
    let sums = answering.filter { $0.checksumIndex ?? 0 >= index }
    guard sums.count == answering.count, !sums.isEmpty, Set(sums.map(\.checksumIndex)).count == 1 else {
      return .incomplete
    }
    return Set(sums.map(\.checksum)).count == 1 ? .equal : .unequal
  }
}
