import Catalog
import Environment
import Messages

/// What a node knows of another region: its tables, where its shards lie, who leads them.
struct OtherRegion {
  let name: String
  /// Ascending: those that were configured, until its catalog says who belongs to it since.
  private(set) var nodes: [NodeID]
  private(set) var catalog: Catalog?
  private var leaders: [ShardID: NodeID] = [:]
  private var tries = 0
  /// `request` is 0 once it is answered.
  private var asked: (request: UInt64, at: Instant)?
  /// A table was looked for and not found, or found and not as it was to be.
  var isWanted = false
  /// When it last gave its catalog, or said that it has not changed.
  private(set) var heardAt: Instant?

  /// How old the catalog may grow, and how long an answer may take.
  private static let refreshInterval = Span.seconds(1)
  private static let soon = Span.milliseconds(50)
  private static let patience = Span.milliseconds(500)

  init(_ configuration: NodeConfiguration.Region) {
    name = configuration.name
    nodes = configuration.nodes
  }

  /// Whether all its nodes are known to read what the newest release brought.
  var readsNews: Bool { catalog.map { $0.release == Catalog.newestRelease } ?? false }

  /// Where the table with that unique id is; nil until it is known to be there. One that goes still takes changes, until
  /// its shards have dropped it: two that go wait for each other's.
  mutating func place(of table: [UInt8]) -> RegionSender.Place? {
    guard let catalog, let map = catalog.shardMap, let there = catalog.table(uniqueID: table),
      there.status != .creating
    else {
      isWanted = true
      return nil
    }
    return RegionSender.Place(name: there.name, table: there.id, map: map)
  }

  /// Who is asked for a shard: the leader that was heard of, else the nodes in turn.
  mutating func likelyLeader(of shard: ShardID) -> NodeID {
    if let leader = leaders[shard] { return leader }
    tries += 1
    return nodes[tries % nodes.count]
  }

  /// What an answer tells of who leads. True where another node is to be asked at once.
  mutating func learn(_ answer: Answer, of shard: ShardID, by node: NodeID) -> Bool {
    guard case .refused(.notLeader(let leader)) = answer else {
      leaders[shard] = node
      return false
    }
    let isNews = leader != nil && leader != node && leaders[shard] != leader
    leaders[shard] = leader == node ? nil : leader
    return isNews
  }

  /// Whether it is time to ask for the catalog.
  mutating func isDue(now: Instant) -> Bool {
    guard let asked else { return true }
    if asked.request == 0 { return now.since(asked.at) >= (isWanted ? Self.soon : Self.refreshInterval) }
    guard now.since(asked.at) >= Self.patience else { return false }
    leaders[.metadata] = nil
    return true
  }

  mutating func ask(_ request: UInt64, now: Instant) {
    asked = (request, now)
    isWanted = false
  }

  /// False where the request was another one.
  mutating func answered(_ request: UInt64, _ answer: Answer, by node: NodeID, now: Instant) -> Bool {
    guard asked?.request == request else { return false }
    let isNews = learn(answer, of: .metadata, by: node)
    guard case .catalog(let bytes) = answer else {
      // Asked again at once, or after the patience for an answer.
      asked = isNews ? nil : (request, asked?.at ?? now)
      return true
    }
    asked = (0, now)
    heardAt = now
    if let bytes, let newer = try? Catalog(bytes) {
      catalog = newer
      if let members = newer.members { nodes = members.members.map(\.node) }
    }
    return true
  }
}
