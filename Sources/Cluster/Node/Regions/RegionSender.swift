import Catalog
import Environment
import Messages
import Shards

/// Carries the changes of one table's feed from the shard that a node leads to another region.
///
/// As with indexes, everything that it must not forget is in the shard's state: how far the feed has arrived, and the
/// newest change that each shard of the region had taken by then. Whoever leads next makes the same batches again, and what
/// the other side has by then it ignores.
struct RegionSender {
  let table: TableID
  let region: String
  /// Nothing more is read or sent. What is under way may still arrive.
  var isPaused = false
  /// That in the other region whose keys the lanes hold; nil before anything was read.
  private var target: TableID?
  /// Records up to here are in the lanes or done.
  private var position: UInt64
  /// How many of the feed's records were for other regions when all had been read; nil before.
  private var count: UInt64?
  /// Ascending by shard.
  private var lanes: [RegionLane] = []
  private var advancedTo: UInt64
  private var advancedAt = Instant.zero
  private var settled = 0

  /// The table where the changes go.
  struct Place {
    /// Alike in all regions.
    var name: String
    var table: TableID
    var map: ShardMap
  }

  /// Bounds of what is read ahead.
  static let waitingMax = 4_096
  static let bytesMax = 4 << 20
  private static let recordsAtOnce = 512
  private static let bytesAtOnce = 256 << 10
  /// An advance is an entry of the log: not for each change.
  private static let advanceInterval = Span.milliseconds(50)
  private static let settledMax = 4_096

  init(table: TableID, _ region: FeedState.Region) {
    self.table = table
    self.region = region.name
    position = region.cursor
    advancedTo = region.cursor
    lanes = region.reached.map { RegionLane(shard: $0.shard, applied: $0.sequence) }
  }

  var waitingCount: Int { lanes.reduce(0) { $0 + $1.count } }

  private var hasRoom: Bool { waitingCount < Self.waitingMax && lanes.reduce(0) { $0 + $1.bytes } < Self.bytesMax }

  /// Whether there are records to be read now.
  func canRead(_ shard: ShardMachine) -> Bool { !isPaused && position < shard.feedEnd(of: table) && hasRoom }

  /// Whether another one has to take its place: the feed went on without it, because the region is to get everything anew,
  /// or the table there is another one than it was when the region was looked at last.
  func isPassed(by region: FeedState.Region, to place: Place) -> Bool {
    position < region.cursor || target.map { $0 != place.table } ?? false
  }

  /// Reads what is new in the feed, as far as there is room.
  mutating func read(_ shard: ShardMachine, to place: Place) throws {
    guard canRead(shard) else { return }
    target = place.table
    guard let feed = shard.feed(of: table) else { return }
    // What only came from there is no news, and needs no look.
    if feed.endCount == count {
      position = feed.end
      return
    }
    let records = try shard.records(
      of: table, after: position, countMax: Self.recordsAtOnce, bytesMax: Self.bytesAtOnce)
    for record in records {
      if let change = try shard.change(of: record, in: table, for: region, as: place.table) {
        let lane = lane(place.map.shard(for: change.key.hash).id)
        lanes[lane].add(change, madeAtMs: record.flags.contains(.isImage) ? nil : record.timeMs)
      }
      position = record.sequence
    }
    count = position >= feed.end ? feed.endCount : nil
  }

  private mutating func lane(_ shard: ShardID) -> Int {
    let place = lanes.firstIndex { $0.shard >= shard } ?? lanes.count
    if place < lanes.count, lanes[place].shard == shard { return place }
    lanes.insert(RegionLane(shard: shard, applied: 0), at: place)
    return place
  }

  /// What is to be sent now, one batch a lane at most; `send` names each request.
  mutating func send(
    from source: RegionSource, bytesMax: Int, now: Instant, _ send: (ShardID, RegionBatch) -> UInt64
  ) {
    guard !isPaused else { return }
    for place in lanes.indices where lanes[place].count > 0 {
      guard let batch = lanes[place].nextBatch(from: source, bytesMax: bytesMax, now: now) else { continue }
      lanes[place].sent(send(lanes[place].shard, batch), now: now)
    }
  }

  /// The shard that a request of this sender went to; nil where it is none, or was given up.
  func shard(of request: UInt64) -> ShardID? { lanes.first { $0.isUnderWay(request) }?.shard }

  /// Returns how many changes arrived, and when they were made.
  mutating func answered(_ request: UInt64, through: UInt64) -> (count: Int, madeAtMs: [UInt64]) {
    guard let place = lanes.firstIndex(where: { $0.isUnderWay(request) }) else { return (0, []) }
    let times = lanes[place].times(through: through)
    let count = lanes[place].answered(through: through)
    settled += count
    return (count, times)
  }

  mutating func failed(_ request: UInt64, retryAt: Instant) {
    guard let place = lanes.firstIndex(where: { $0.isUnderWay(request) }) else { return }
    lanes[place].failed(retryAt: retryAt)
  }

  /// Every change up to here has arrived.
  var arrived: UInt64 {
    lanes.reduce(position) { through, lane in lane.oldest.map { min(through, $0.sequence - 1) } ?? through }
  }

  /// The entry that is due; nil where nothing is new, or too little.
  func advance(now: Instant) -> RegionAdvance? {
    var through = arrived
    #if GANTRY_PLANTS
      if Plants.planted == .cursorAheadOfAcknowledgement { through = position }
    #endif
    guard through > advancedTo,
      settled >= Self.settledMax || now.since(advancedAt) >= Self.advanceInterval
    else {
      return nil
    }
    let reached = lanes.filter { $0.applied > 0 }.map { RegionAdvance.Reached(shard: $0.shard, sequence: $0.applied) }
    return RegionAdvance(table: table, region: region, through: through, reached: reached)
  }

  mutating func proposed(_ advance: RegionAdvance, now: Instant) {
    advancedTo = advance.through
    advancedAt = now
    settled = 0
  }
}
