import Bytes
public import Messages

/// A shard's part of the hash space: from `lower` up to the next shard's `lower`.
public struct Shard: Equatable, Sendable {
  public var id: ShardID
  public var lower: UInt64
  /// The nodes that hold a replica, ascending.
  public var nodes: [NodeID]

  public init(id: ShardID, lower: UInt64, nodes: [NodeID]) {
    self.id = id
    self.lower = lower
    self.nodes = nodes.sorted()
  }
}

/// Which shard owns which hashes. Covers the whole hash space without gaps.
public struct ShardMap: Equatable, Sendable {
  /// Ascending by `lower`; the first starts at 0.
  public private(set) var shards: [Shard]

  public init(shards: [Shard]) {
    precondition(shards.first?.lower == 0, "The first shard starts at hash 0.")
    self.shards = shards.sorted { $0.lower < $1.lower }
  }

  /// `count` equal ranges, each with `replication` replicas placed round robin over `nodes`.
  public static func initial(shards count: Int, nodes: [NodeID], replication: Int) -> ShardMap {
    precondition(count > 0 && !nodes.isEmpty, "A cluster has shards and nodes.")
    let step = UInt64.max / UInt64(count) + (count == 1 ? 0 : 1)
    return ShardMap(
      shards: (0..<count).map { position in
        Shard(
          id: ShardID(UInt32(position + 1)), lower: UInt64(position) * step,
          nodes: placement(position, nodes: nodes, replication: replication))
      })
  }

  /// The nodes of the `position`th group.
  public static func placement(_ position: Int, nodes: [NodeID], replication: Int) -> [NodeID] {
    let count = min(replication, nodes.count)
    return (0..<count).map { nodes[(position + $0) % nodes.count] }.sorted()
  }

  /// The index in `shards` of the owner of `hash`.
  public func position(of hash: UInt64) -> Int {
    var low = 0
    var high = shards.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if shards[middle].lower <= hash { low = middle } else { high = middle }
    }
    return low
  }

  public func shard(for hash: UInt64) -> Shard { shards[position(of: hash)] }

  /// The hashes of a shard, both ends included; nil for an unknown shard.
  public func range(of id: ShardID) -> ClosedRange<UInt64>? {
    guard let position = shards.firstIndex(where: { $0.id == id }) else { return nil }
    let upper = position + 1 < shards.count ? shards[position + 1].lower - 1 : UInt64.max
    return shards[position].lower...upper
  }

  /// The replicas of a shard are on those nodes now.
  mutating func place(_ id: ShardID, on nodes: [NodeID]) {
    guard let position = shards.firstIndex(where: { $0.id == id }) else { return }
    shards[position].nodes = nodes.sorted()
  }

  func encode(into writer: inout ByteWriter) {
    writer.array(shards) {
      $0.shard($1.id)
      $0.u64($1.lower)
      $0.array($1.nodes) { $0.node($1) }
    }
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    let shards = try reader.array { (input) throws(MalformedBytes) in
      let id = try input.shard()
      let lower = try input.u64()
      return Shard(
        id: id, lower: lower, nodes: try input.array { (input) throws(MalformedBytes) in try input.node() })
    }
    guard shards.first?.lower == 0 else { throw MalformedBytes("a shard map does not start at hash 0") }
    self.init(shards: shards)
  }
}
