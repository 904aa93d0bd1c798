import Environment
import Messages
import Shards

/// Carries the changes of one table's feed from the shard that a node leads to the shards that hold the table's global
/// indexes (TRAPS 17).
///
/// Everything that it must not forget is in the shard's state: how far the feed has been carried (the cursor), and the
/// newest change of each index that each shard had applied by then. Whoever leads next reads the same records from there
/// on, and makes the same batches of them; what the other shards have by then they ignore.
struct IndexSender {
  let table: TableID
  /// Records up to here are in the lanes or done.
  private var position: UInt64
  /// Ascending by index and shard.
  private var lanes: [IndexLane] = []
  private var advancedTo: UInt64
  private var advancedAt = Instant.zero
  /// What an advance has told of each lane.
  private var told: [FeedAdvance.Reached]
  /// Changes that were applied since the last advance.
  private var settled = 0

  /// Bounds of what is read ahead.
  static let waitingMax = 4_096
  static let bytesMax = 2 << 20
  private static let recordsAtOnce = 512
  private static let bytesAtOnce = 256 << 10
  /// An advance is an entry of the log: not for each change.
  private static let advanceInterval = Span.milliseconds(50)
  private static let settledMax = 4_096

  init(table: TableID, feed: FeedState) {
    self.table = table
    position = feed.cursor
    advancedTo = feed.cursor
    told = feed.reached
    for reached in feed.reached {
      lanes.append(IndexLane(index: reached.index, shard: reached.shard, applied: reached.sequence))
    }
  }

  var waitingCount: Int { lanes.reduce(0) { $0 + $1.count } }

  private var hasRoom: Bool { waitingCount < Self.waitingMax && lanes.reduce(0) { $0 + $1.bytes } < Self.bytesMax }

  /// When the oldest change was read that has not arrived.
  var behindSince: Instant? { lanes.compactMap { $0.oldest?.readAt }.min() }

  /// Whether there are records to be read now.
  func canRead(_ shard: ShardMachine) -> Bool { position < shard.feedEnd(of: table) && hasRoom }

  // MARK: Reading

  /// Reads what is new in the feed, as far as there is room.
  mutating func read(_ shard: ShardMachine, shardOf: (RowKey) -> ShardID, now: Instant) throws {
    guard let feed = shard.feed(of: table) else { return }
    lanes.removeAll { feed.index($0.index) == nil }
    guard canRead(shard) else { return }
    let records = try shard.records(
      of: table, after: position, countMax: Self.recordsAtOnce, bytesMax: Self.bytesAtOnce)
    for record in records {
      for change in try shard.rowChanges(of: record, in: table) {
        add(change, of: record.sequence, feed, shardOf, now: now)
      }
      position = record.sequence
    }
  }

  private mutating func add(
    _ change: (index: TableID, put: IndexBatch.Row?, delete: RowKey?), of sequence: UInt64, _ feed: FeedState,
    _ shardOf: (RowKey) -> ShardID, now: Instant
  ) {
    let putBy = change.put.map { shardOf($0.key) }
    let deletedBy = change.delete.map(shardOf)
    if let putBy {
      let delete = deletedBy == putBy ? change.delete : nil
      let lane = lane(change.index, putBy, feed)
      lanes[lane].add(.init(sequence: sequence, put: change.put, delete: delete), putBy: nil, now: now)
    }
    if let deletedBy, deletedBy != putBy {
      let lane = lane(change.index, deletedBy, feed)
      lanes[lane].add(.init(sequence: sequence, delete: change.delete), putBy: putBy, now: now)
    }
  }

  private mutating func lane(_ index: TableID, _ shard: ShardID, _ feed: FeedState) -> Int {
    let place = lanes.firstIndex { ($0.index, $0.shard) >= (index, shard) } ?? lanes.count
    if place < lanes.count, lanes[place].index == index, lanes[place].shard == shard { return place }
    lanes.insert(IndexLane(index: index, shard: shard, applied: feed.reached(index, shard)), at: place)
    return place
  }

  // MARK: Sending

  /// What is to be sent now, one batch a lane at most; `send` names each request.
  mutating func send(
    from source: ShardID, _ batching: IndexLane.Batching, now: Instant, _ send: (ShardID, IndexBatch) -> UInt64
  ) {
    guard lanes.contains(where: { $0.count > 0 }) else { return }
    let applied = lanes.map { FeedAdvance.Reached(index: $0.index, shard: $0.shard, sequence: $0.applied) }
    for place in lanes.indices where lanes[place].count > 0 {
      let index = lanes[place].index
      let batch = lanes[place].nextBatch(from: source, batching, now: now) { shard, sequence in
        applied.contains { $0.index == index && $0.shard == shard && $0.sequence >= sequence }
      }
      if let batch { lanes[place].sent(send(lanes[place].shard, batch), now: now) }
    }
  }

  /// The shard that a request of this sender went to; nil where it is none, or was given up.
  func shard(of request: UInt64) -> ShardID? { lanes.first { $0.isUnderWay(request) }?.shard }

  /// Returns how many changes arrived.
  mutating func answered(_ request: UInt64, through: UInt64) -> Int {
    guard let place = lanes.firstIndex(where: { $0.isUnderWay(request) }) else { return 0 }
    let count = lanes[place].answered(through: through)
    settled += count
    return count
  }

  mutating func failed(_ request: UInt64, retryAt: Instant) {
    guard let place = lanes.firstIndex(where: { $0.isUnderWay(request) }) else { return }
    lanes[place].failed(retryAt: retryAt)
  }

  // MARK: The cursor

  /// Everything up to here has arrived.
  var arrivedThrough: UInt64 {
    lanes.reduce(position) { through, lane in
      lane.oldest.map { min(through, $0.change.sequence - 1) } ?? through
    }
  }

  /// The entry that is due; nil where nothing is new, or too little.
  func advance(now: Instant) -> FeedAdvance? {
    let through = arrivedThrough
    guard through > advancedTo, settled >= Self.settledMax || now.since(advancedAt) >= Self.advanceInterval else {
      return nil
    }
    let reached = lanes.compactMap { lane -> FeedAdvance.Reached? in
      let reached = FeedAdvance.Reached(index: lane.index, shard: lane.shard, sequence: lane.applied)
      return lane.applied > 0 && !told.contains(reached) ? reached : nil
    }
    return FeedAdvance(table: table, through: through, reached: reached)
  }

  mutating func proposed(_ advance: FeedAdvance, now: Instant) {
    advancedTo = advance.through
    advancedAt = now
    settled = 0
    told = lanes.map { FeedAdvance.Reached(index: $0.index, shard: $0.shard, sequence: $0.applied) }
  }
}
