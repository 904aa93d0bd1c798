import Catalog
public import Environment
import Journal
public import Messages
import Raft
import Replicas
import Shards

/// The node's part in keeping indexes: its requests to the leaders of other shards, and what it shows of them.
extension Node {
  /// Carries on what the feeds of led shards hold, for indexes and for other regions. True where that left something for
  /// the replicas to do in another turn.
  func feed(now: Instant) -> Bool {
    let forIndexes = feedIndexes(now: now)
    let forRegions = feedRegions(now: now)
    return forIndexes || forRegions
  }

  /// Whether another turn would carry more.
  var feedsHaveMore: Bool {
    !regions.isIdle && regions.hasMore(replicas) || !indexes.isIdle && indexes.hasMore(replicas)
  }

  /// To be called once the replicas have advanced: what they applied is carried on. True where that left something for
  /// them to do in another turn.
  private func feedIndexes(now: Instant) -> Bool {
    guard !indexes.isIdle || replicas.contains(where: { $0.hasIndexes }) else { return false }
    var isLocal = false
    let map = catalog?.shardMap ?? initialMap
    let outgoing = indexes.next(replicas, batching, now: now) { map.shard(for: $0.hash).id }
    for message in outgoing {
      let request = Request(id: message.request, shard: message.shard, operation: .index(message.batch))
      guard let node = leader(of: message.shard, map) else { continue }
      if node == configuration.node {
        isLocal = true
        submit(request, to: .local(request.id), now: now)
      } else {
        outgoingRequests.append((node, request))
      }
    }
    return isLocal || indexes.hasProposed
  }

  private var batching: IndexLane.Batching {
    IndexLane.Batching(
      delay: configuration.indexDelay, bytesMax: min(IndexLane.bytesMax, configuration.journal.segmentBytes / 8))
  }

  /// This node's own replica knows; where it has none, those know that answered.
  private func leader(of shard: ShardID, _ map: ShardMap) -> NodeID? {
    if let replica = replica(GroupID(shard)) { return replica.leader }
    let nodes = members?.nodes(of: shard) ?? map.shards.first { $0.id == shard }?.nodes ?? []
    return indexes.likelyLeader(of: shard, among: nodes)
  }

  /// Index changes that one of the led shards has not brought to their rows yet, and for how long the oldest has waited.
  public func indexBacklog(of shard: ShardID) -> (changes: Int, lag: Span) {
    indexes.backlog(of: GroupID(shard), now: time)
  }

  /// Changes of index rows that this node's leaders brought to the shards that hold them.
  public var indexChangesCarried: UInt64 { indexes.changesCarried }
}

extension Replica {
  /// Whether its shard has tables with global indexes, or indexes to fill.
  var hasIndexes: Bool {
    guard let shard else { return false }
    return !shard.carriedTables.isEmpty || !shard.tablesToFill.isEmpty
  }
}
