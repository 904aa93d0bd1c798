import Environment
import Messages
import Raft
import Replicas
import Shards

/// What a node does for the indexes of the shards that it leads: carries changes to the shards that hold the rows of global
/// indexes, and fills indexes that are new. It begins anew with each term; what must stay is in the shards' state.
struct IndexKeeper {
  private struct Led {
    var senders: [IndexSender] = []
    /// What was to be filled when the last slice was proposed: no other one before it shows.
    var filling: (slice: BackfillSlice, state: FeedState.Filling)?
    var filledAt = Instant.zero
  }

  private var led = LedShards<Led>()
  /// Leaders that were learnt from answers.
  private var leaders: [ShardID: NodeID] = [:]
  private var nextRequest: UInt64
  private var tries: UInt64 = 0
  /// Changes that arrived at the shards of their rows.
  private(set) var changesCarried: UInt64 = 0
  /// Changes arrived since the last look: more may be sent.
  private(set) var hasNews = false

  /// Entries were proposed at the last look.
  private(set) var hasProposed = false

  /// Requests for indexes have numbers of their own.
  private static let requestBit: UInt64 = 1 << 62
  static func isOwn(_ request: UInt64) -> Bool { request >> 62 == 1 }

  /// A pause between two slices, so that filling an index leaves room for everything else.
  static let fillPause = Span.milliseconds(4)
  /// Nothing more is put into a feed while so much of it waits.
  private static let fillWaitingMax = 1_024

  init(firstRequest: UInt64) { nextRequest = firstRequest }

  struct Outgoing {
    var shard: ShardID
    var request: UInt64
    var batch: IndexBatch
  }

  var isIdle: Bool { led.isEmpty }

  /// Looks at every led shard that has indexes.
  mutating func next(
    _ replicas: [Replica], _ batching: IndexLane.Batching, now: Instant, shardOf: (RowKey) -> ShardID
  ) -> [Outgoing] {
    hasNews = false
    hasProposed = false
    led.keep(replicas) { $0.hasIndexes }
    var outgoing: [Outgoing] = []
    for replica in replicas {
      guard let shard = replica.shard, !shard.carriedTables.isEmpty || !shard.tablesToFill.isEmpty, replica.isServing
      else {
        continue
      }
      let place = led.place(of: replica, new: Led())
      carry(place, replica, shard, batching, now, shardOf, &outgoing)
      fill(place, replica, shard, now)
    }
    return outgoing
  }

  private mutating func carry(
    _ place: Int, _ replica: Replica, _ shard: ShardMachine, _ batching: IndexLane.Batching, _ now: Instant,
    _ shardOf: (RowKey) -> ShardID, _ outgoing: inout [Outgoing]
  ) {
    led[place].senders.removeAll { !shard.carriedTables.contains($0.table) }
    for table in shard.carriedTables {
      var sender: IndexSender
      if let known = led[place].senders.firstIndex(where: { $0.table == table }) {
        sender = led[place].senders.remove(at: known)
      } else if let feed = shard.feed(of: table) {
        sender = IndexSender(table: table, feed: feed)
      } else {
        continue
      }
      do { try sender.read(shard, shardOf: shardOf, now: now) } catch { shard.cannotRead(error) }
      sender.send(from: replica.group.shard, batching, now: now) { shard, batch in
        let request = nextRequest | Self.requestBit
        nextRequest += 1
        outgoing.append(Outgoing(shard: shard, request: request, batch: batch))
        return request
      }
      if let advance = sender.advance(now: now), replica.propose(.advance(advance)) {
        sender.proposed(advance, now: now)
        hasProposed = true
      }
      led[place].senders.append(sender)
    }
  }

  private mutating func fill(_ place: Int, _ replica: Replica, _ shard: ShardMachine, _ now: Instant) {
    guard let table = shard.tablesToFill.first, let slice = shard.nextBackfill(of: table),
      let state = shard.feed(of: table)?.index(slice.index)?.filling
    else { return }
    if let last = led[place].filling, last.slice == slice, last.state == state { return }
    guard now.since(led[place].filledAt) >= Self.fillPause else { return }
    let sender = led[place].senders.first { $0.table == table }
    guard sender.map({ $0.waitingCount < Self.fillWaitingMax && !$0.canRead(shard) }) ?? true else { return }
    guard replica.propose(.backfill(slice)) else { return }
    hasProposed = true
    led[place].filling = (slice, state)
    led[place].filledAt = now
  }

  /// Whether a turn more would bring something on.
  func hasMore(_ replicas: [Replica]) -> Bool {
    if hasNews { return true }
    for place in led.indices {
      guard let shard = replicas.first(where: { $0.group == led.group(at: place) })?.shard else { continue }
      for sender in led[place].senders where sender.canRead(shard) { return true }
    }
    return false
  }

  // MARK: Answers

  /// - Parameter node: who answered.
  mutating func answered(_ request: UInt64, _ answer: Answer, by node: NodeID, now: Instant) {
    for place in led.indices {
      for position in led[place].senders.indices {
        guard let shard = led[place].senders[position].shard(of: request) else { continue }
        switch answer {
        case .indexed(let through):
          leaders[shard] = node
          changesCarried += UInt64(led[place].senders[position].answered(request, through: through))
          hasNews = true
        case .refused(.notLeader(let leader)):
          let isNews = leader != nil && leader != node && leaders[shard] != leader
          leaders[shard] = leader
          led[place].senders[position].failed(request, retryAt: isNews ? now : now + IndexLane.retryDelay)
        default:
          led[place].senders[position].failed(request, retryAt: now + IndexLane.retryDelay)
        }
        return
      }
    }
  }

  /// Who is asked for a shard of which this node has no replica: the leader that was heard of, else its nodes in turn.
  mutating func likelyLeader(of shard: ShardID, among nodes: [NodeID]) -> NodeID? {
    if let leader = leaders.removeValue(forKey: shard) { return leader }
    guard !nodes.isEmpty else { return nil }
    tries += 1
    return nodes[Int(tries % UInt64(nodes.count))]
  }

  // MARK: Shown

  /// Of one led shard: changes that wait, and for how long the oldest has.
  func backlog(of group: GroupID, now: Instant) -> (changes: Int, lag: Span) {
    guard let led = led.state(of: group) else { return (0, .zero) }
    let oldest = led.senders.compactMap(\.behindSince).min()
    return (led.senders.reduce(0) { $0 + $1.waitingCount }, oldest.map { now.since($0) } ?? .zero)
  }
}
