internal import Items

extension ClusterStatus {
  public var json: String {
    JSONValue.members([
      "cluster": .text(cluster), "region": .text(region), "endpoint": .text(endpoint),
      "healthy": .bool(isHealthy), "checksums": .text(agreement?.rawValue),
      "processes": .array(processes.map(\.json)), "faults": faults.json,
      "metadata": groups.first { $0.id == 0 }?.json ?? .null,
      "shards": .array(shards.map(\.json)),
    ]).indented
  }
}

extension ClusterStatus.Process {
  fileprivate var json: JSONValue {
    .members([
      "name": .text(described.name), "role": .text(described.role.rawValue), "state": .text(state.rawValue),
      "ready": .bool(isReady ?? false), "pid": .integer(state == .down ? nil : described.identity?.pid),
      "address": .text(described.address), "admin": .text(described.admin), "dataDir": .text(described.dataDir),
      "lastLines": .array(lastLines.map { .text($0) }),
    ])
  }
}

extension ClusterStatus.Shard {
  fileprivate var json: JSONValue {
    .members([
      "id": .integer(id), "range": range.map { .array([.text($0.first), .text($0.last)]) } ?? .null,
      "leader": .text(leader), "term": .integer(term), "replicas": .array(replicas.map(\.json)),
    ])
  }
}

extension ClusterStatus.Replica {
  fileprivate var json: JSONValue {
    .members([
      "node": .text(node), "role": .text(role), "appliedIndex": .integer(appliedIndex),
      "logIndex": .integer(logIndex), "healthy": .bool(isHealthy), "reason": .text(reason), "checksum": .text(checksum),
      "checksumIndex": .integer(checksumIndex),
    ])
  }
}
