import Items
import Messages
import Node
import Raft
import Shards

/// The JSON of a node's `/status` and `/checksum`.
enum StatusPage {
  static func status(_ node: Node, name: String, _ metrics: RegionMetrics) -> [UInt8] {
    var json = JSONWriter(capacity: 2_048)
    json.beginObject()
    json.key("name")
    json.string(name)
    json.key("node")
    json.integer(Int(node.configuration.node.rawValue))
    json.key("cluster")
    json.string(node.configuration.cluster)
    json.key("ready")
    json.bool(node.isReady)
    json.key("diskFull")
    json.bool(node.isDiskFull)
    for (name, count) in [
      ("replicasLost", node.replicasLost), ("snapshotsServed", node.snapshotsServed),
      ("snapshotsInstalled", node.snapshotsInstalled),
    ] as [(StaticString, Int)] {
      json.key(name)
      json.integer(count)
    }
    json.key("groups")
    json.beginArray()
    for replica in node.status { write(replica, node, into: &json) }
    json.endArray()
    json.key("replication")
    json.beginArray()
    for lag in node.regionLags { write(lag, node, metrics, into: &json) }
    json.endArray()
    json.endObject()
    return json.bytes
  }

  static func proposed(_ checksums: [(shard: ShardID, index: UInt64)]) -> [UInt8] {
    var json = JSONWriter(capacity: 256)
    json.beginObject()
    json.key("proposed")
    json.beginArray()
    for (shard, index) in checksums {
      json.beginObject()
      json.key("id")
      json.integer(Int(shard.rawValue))
      json.key("index")
      json.integer(Int(index))
      json.endObject()
    }
    json.endArray()
    json.endObject()
    return json.bytes
  }

  /// What other regions lack of what this node leads.
  private static func write(
    _ lag: RegionLag, _ node: Node, _ metrics: RegionMetrics, into json: inout JSONWriter
  ) {
    json.beginObject()
    json.key("table")
    json.string(node.name(ofReplicated: lag.table))
    json.key("to")
    json.string(lag.region)
    for (name, value) in [
      ("pendingChanges", lag.changes), ("pendingBytes", lag.bytes), ("oldestMs", lag.ageMs),
    ] as [(StaticString, UInt64)] {
      json.key(name)
      json.integer(Int(clamping: value))
    }
    for (name, quantile) in [("latencyP50Ms", 0.5), ("latencyP99Ms", 0.99)] as [(StaticString, Double)] {
      json.key(name)
      if let latency = metrics.latency(quantile, of: lag.table, to: lag.region) {
        // Measured in whole milliseconds.
        json.integer(Int((Double(latency) / 1e6).rounded()))
      } else {
        json.null()
      }
    }
    json.endObject()
  }

  private static func write(_ digest: TableDigest, _ node: Node, into json: inout JSONWriter) {
    json.beginObject()
    json.key("table")
    json.string(node.name(ofReplicated: digest.table))
    // Of what that region is to hold by the residency rules; null: of what is here.
    json.key("as")
    if let region = digest.region { json.string(region) } else { json.null() }
    json.key("items")
    json.integer(Int(clamping: digest.items))
    json.key("digest")
    json.string(hex(digest.sum))
    json.endObject()
  }

  private static func write(_ replica: ReplicaStatus, _ node: Node, into json: inout JSONWriter) {
    json.beginObject()
    json.key("id")
    json.integer(Int(replica.shard.rawValue))
    json.key("range")
    if let range = replica.range {
      json.beginArray()
      json.string(hex(range.lowerBound))
      json.string(hex(range.upperBound))
      json.endArray()
    } else {
      json.null()
    }
    json.key("role")
    json.string(role(replica))
    json.key("leader")
    if let leader = replica.leader { json.integer(Int(leader.rawValue)) } else { json.null() }
    for (name, value) in [
      ("term", replica.term), ("appliedIndex", replica.appliedIndex), ("commitIndex", replica.commitIndex),
      ("logIndex", replica.logIndex),
    ] as [(StaticString, UInt64)] {
      json.key(name)
      json.integer(Int(value))
    }
    json.key("healthy")
    json.bool(replica.isHealthy)
    json.key("reason")
    if let reason = replica.reason { json.string(reason) } else { json.null() }
    json.key("checksum")
    if let checksum = replica.checksum { json.string(hex(checksum)) } else { json.null() }
    json.key("checksumIndex")
    if let index = replica.checksumIndex { json.integer(Int(index)) } else { json.null() }
    json.key("digests")
    json.beginArray()
    for digest in replica.digests { write(digest, node, into: &json) }
    json.endArray()
    json.endObject()
  }

  private static func role(_ replica: ReplicaStatus) -> String {
    if replica.isLearner { return "learner" }
    switch replica.role {
    case .leader: return "leader"
    case .follower: return "follower"
    case .candidate, .preCandidate: return "candidate"
    }
  }

  private static func hex(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
