internal import Items

extension ClusterStatus {
  /// The shards of all regions in one list; what else is beside `regions` concerns the first one, or all.
  public var json: String {
    JSONValue.members([
      "cluster": .text(cluster), "region": .text(regions.first?.name), "endpoint": .text(regions.first?.endpoint),
      "healthy": .bool(isHealthy), "checksums": .text(agreement?.rawValue),
      "processes": .array(processes.map(\.json)), "faults": faults.json,
      "metadata": regions.first?.metadata ?? .null, "members": regions.first?.members?.json ?? .null,
      "shards": .array(regions.flatMap { region in region.shards.map { $0.json(in: region.name) } }),
      "regions": .array(regions.map(\.json)), "replication": .array(replication.map(\.json)),
      "tables": agreement == nil ? .null : .array(globalTables.map(\.json)),
    ]).indented
  }
}

extension ClusterStatus.Region {
  fileprivate var json: JSONValue {
    .members([
      "name": .text(name), "endpoint": .text(endpoint), "metadata": metadata, "members": members?.json ?? .null,
    ])
  }

  fileprivate var metadata: JSONValue { groups.first { $0.id == 0 }?.json(in: name) ?? .null }
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
  fileprivate func json(in region: String) -> JSONValue {
    .members([
      "id": .integer(id), "region": .text(region),
      "range": range.map { .array([.text($0.first), .text($0.last)]) } ?? .null,
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
