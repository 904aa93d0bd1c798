import Catalog
import Environment
import Items
import Messages
import Raft
import Shards
import Store
import Testing

/// Three regions whose clocks differ, with writes in all of them and changes that are delivered late, twice or in vain,
/// against the dumbest model: for each item the highest version of all that were ever made.
@Suite struct RegionModelTests {
  @Test(arguments: UInt64(1)...24) func regionsEndUpEqualWhateverReachesThemWhen(seed: UInt64) throws {
    var run = try RegionRun(seed: seed)
    for _ in 0..<400 { try run.step() }
    try run.finish()
    #expect(run.writes > 60 && run.repeats > 5 && run.evaluatedUnderWay > 0, "The run reached what it is for.")
    #expect(run.forgotten > 0)
  }
}

private struct RegionRun {
  private final class Region {
    let name: String
    let table: TableID
    let shard: TestShard
    /// How far its clock is off.
    let skewMs: UInt64
    /// The place in its feed that each other region has.
    var reached: [String: UInt64] = [:]
    /// Images that writes were evaluated on, by the entries that followed.
    /// Traces that may go once every region's mark has passed them.
    var leaving: Leaving?
    var evaluated: [(index: LogIndex, key: Int, old: EncodedItem?)] = []
    var sequence: UInt64 = 0

    init(_ name: String, _ number: UInt32, _ names: [String], skewMs: UInt64) throws {
      self.name = name
      self.skewMs = skewMs
      table = TableID(10 + number)
      shard = try TestShard(isReady: false)
      try shard.follow()
      shard.command(.own(0...UInt64.max))
      let replication = ReplicationSettings(region: name, others: names.filter { $0 != name })
      shard.command(.configure(TableSettings(id: table, key: TestShard.key, version: 1, replication: replication)))
    }

    func key(_ number: Int) -> RowKey { rowKey("k\(number)", table: table) }
  }

  private struct Leaving {
    var traces: [Trace]
    var time: UInt64
    /// By region: the end of its feed once its clock had reached the time.
    var ends: [String: UInt64] = [:]
  }

  private var random: SeededRandom
  private let regions: [Region]
  private var nowMs: UInt64 = 10_000
  private var sent: [(to: Int, batch: RegionBatch)] = []
  private var winners: [Int: (version: ItemVersion, item: EncodedItem?)] = [:]
  private(set) var writes = 0
  private(set) var repeats = 0
  private(set) var evaluatedUnderWay = 0
  private(set) var forgotten = 0

  private static let keys = 5

  init(seed: UInt64) throws {
    random = SeededRandom(seed: seed)
    let names = ["ap", "eu", "us"]
    regions = try names.enumerated().map { try Region($1, UInt32($0), names, skewMs: UInt64($0) * 400) }
  }

  mutating func step() throws {
    nowMs += random.below(60)
    let region = Int(random.below(3))
    regions[region].shard.timeMs = nowMs - regions[region].skewMs
    switch random.below(13) {
    case 10...12: try forgetTraces(region)
    case 0: try apply(region, through: regions[region].shard.last - random.below(3))
    case 1: try apply(region, through: .max)
    case 2: if random.chance(1, in: 3) { try regions[region].shard.flush() }
    case 3: if random.chance(1, in: 6) { try restart(region) }
    case 4...6: try write(region)
    default: try deliver(from: region)
    }
  }

  mutating func finish() throws {
    // At least one trace is there in the end.
    try write(0, isRemoval: true)
    for region in 0..<3 { try apply(region, through: .max) }
    for _ in 0..<2 {
      for from in 0..<3 {
        for to in 0..<3 where to != from {
          while let batch = try batch(from: from, to: to, countMax: 7) {
            regions[to].shard.submit(batch)
            try apply(to, through: .max)
            regions[from].reached[regions[to].name] = batch.last
          }
        }
      }
    }
    for region in regions {
      for number in 0..<Self.keys {
        let version = try region.shard.machine.version(of: region.key(number))
        // The trace of a removed item may have gone.
        #expect(version == winners[number]?.version || (version == nil && winners[number]?.item == nil))
        #expect(try region.shard.item(region.key(number)) == winners[number]?.item ?? nil)
      }
      #expect(region.shard.machine.proposedCount == 0)
    }
    try forgetAll()
    for region in regions { #expect(try region.shard.checksum() == region.shard.follower?.checksum()) }
  }

  /// Once everything has arrived every trace goes.
  private mutating func forgetAll() throws {
    for from in 0..<3 {
      for to in 0..<3 where to != from {
        let (source, name) = (regions[from], regions[to].name)
        let end = source.shard.machine.feedEnd(of: source.table)
        let advance = RegionAdvance(table: source.table, region: name, through: end, reached: [])
        source.shard.append(ShardCommand.regionAdvance(advance).encode())
      }
    }
    for place in 0..<3 {
      regions[place].leaving = nil
      for _ in 0..<4 {
        try forgetTraces(place)
        for other in 0..<3 { try apply(other, through: .max) }
      }
      #expect(try regions[place].shard.machine.traces(of: regions[place].table, after: nil, rowsMax: 99).traces == [])
    }
  }

  private mutating func write(_ place: Int, isRemoval: Bool = false) throws {
    let region = regions[place]
    let number = Int(random.below(UInt64(Self.keys)))
    var write = ItemWrite(key: region.key(number), action: .delete, returns: .old)
    let value = Number(Int(random.below(50)))
    switch isRemoval ? 0 : random.below(4) {
    case 0: break
    case 1: write.action = .put(item("k\(number)", 0, ["n": .number(value)]))
    default: write.action = .update(try update("ADD n :n", [":n": .number(value)]), key: item("k\(number)"))
    }
    guard let answer = region.shard.submit(write).written else { return }
    writes += 1
    region.evaluated.append((region.shard.last, number, answer.old))
  }

  /// Entry by entry: each write finds the image that it was evaluated on, and its version is above what was there.
  private mutating func apply(_ place: Int, through index: LogIndex) throws {
    let region = regions[place]
    var next = region.shard.machine.store.applied.index + 1
    while next <= min(index, region.shard.last) {
      defer { next += 1 }
      if region.evaluated.first?.index == next {
        let write = region.evaluated.removeFirst()
        #expect(try region.shard.item(region.key(write.key)) == write.old)
        let before = try region.shard.machine.version(of: region.key(write.key))
        region.shard.apply(through: next)
        let after = try #require(try region.shard.machine.version(of: region.key(write.key)))
        #expect(after.region == region.name && before.map { $0 < after } ?? true)
        if winners[write.key].map({ $0.version < after }) ?? true {
          winners[write.key] = (after, try region.shard.item(region.key(write.key)))
        }
      } else {
        region.shard.apply(through: next)
      }
    }
  }

  /// What the leader's keeper does: lists traces, asks every region for its mark, and lets them go.
  private mutating func forgetTraces(_ place: Int) throws {
    let region = regions[place]
    guard var leaving = region.leaving else {
      let traces = try region.shard.machine.traces(of: region.table, after: nil, rowsMax: 99).traces
      guard let time = traces.map(\.versions.rest.time).max() else { return }
      region.leaving = Leaving(traces: traces, time: time)
      return
    }
    for other in regions {
      let mark = try #require(other.shard.machine.mark(of: other.table))
      if mark.clock < leaving.time {
        if other.shard.machine.mustRaiseClock(of: other.table, to: leaving.time) {
          other.shard.append(ShardCommand.raiseClock(other.table, to: leaving.time).encode())
        }
        continue
      }
      leaving.ends[other.name] = leaving.ends[other.name] ?? mark.end
    }
    region.leaving = leaving
    let isSettled = try regions.allSatisfy { other in
      let mark = try #require(other.shard.machine.mark(of: other.table))
      return leaving.ends[other.name].map { mark.settled >= $0 } ?? false
    }
    guard isSettled else { return }
    region.shard.append(
      ShardCommand.forgetTraces(ForgottenTraces(table: region.table, traces: leaving.traces)).encode())
    forgotten += leaving.traces.count
    region.leaving = nil
  }

  /// The lane of a leader: what is next, something old, or something that leaves a gap.
  private mutating func deliver(from: Int) throws {
    let to = (from + 1 + Int(random.below(2))) % 3
    if !sent.isEmpty, random.chance(1, in: 4) {
      let old = sent[Int(random.below(UInt64(sent.count)))]
      try take(old.to, old.batch)
      repeats += 1
      return
    }
    guard var batch = try batch(from: from, to: to, countMax: 1 + Int(random.below(4))) else { return }
    if random.chance(1, in: 8), batch.changes.count > 1 {
      batch.predecessor = batch.changes.removeFirst().sequence
      try take(to, batch)
      return
    }
    sent.append((to, batch))
    guard try take(to, batch) else { return }
    // The acknowledgement may be lost.
    if random.chance(3, in: 4) { acknowledge(from, to, batch.last) }
  }

  /// What is behind the last change that a region takes is not for it: the cursor passes to the next one.
  private func acknowledge(_ from: Int, _ to: Int, _ last: UInt64) {
    let (source, name) = (regions[from], regions[to].name)
    source.reached[name] = last
    let rest = try? source.shard.machine.records(of: source.table, after: last, countMax: 200, bytesMax: 1 << 20)
    let next = rest?.first { $0.version?.region == source.name }
    let through = next.map { $0.sequence - 1 } ?? source.shard.machine.feedEnd(of: source.table)
    let advance = RegionAdvance(table: source.table, region: name, through: through, reached: [])
    source.shard.append(ShardCommand.regionAdvance(advance).encode())
  }

  /// True where it has arrived, or is in the log and cannot be lost.
  @discardableResult private mutating func take(_ to: Int, _ batch: RegionBatch) throws -> Bool {
    if regions[to].shard.machine.proposedCount > 0 { evaluatedUnderWay += 1 }
    switch regions[to].shard.submit(batch) {
    case nil: return true
    case .indexed(let through): return through >= batch.last
    case let answer:
      Issue.record("A batch was answered with \(String(describing: answer)).")
      return false
    }
  }

  private func batch(from: Int, to: Int, countMax: Int) throws -> RegionBatch? {
    let (source, target) = (regions[from], regions[to])
    let reached = source.reached[target.name] ?? 0
    let records = try source.shard.machine.records(
      of: source.table, after: reached, countMax: 200, bytesMax: 1 << 20)
    let changes = records.filter { $0.version?.region == source.name }.prefix(countMax).map { record in
      RegionBatch.Change(
        sequence: record.sequence, key: target.key(Self.number(of: record.key, source)), version: record.version!,
        item: record.new)
    }
    guard !changes.isEmpty else { return nil }
    return RegionBatch(
      source: RegionSource(table: target.table, region: source.name, shard: ShardID(1)), predecessor: reached,
      changes: Array(changes))
  }

  private static func number(of key: RowKey, _ region: Region) -> Int {
    guard let number = (0..<keys).first(where: { region.key($0) == key }) else { fatalError("An unknown key.") }
    return number
  }

  /// The log brings back what was not flushed: everything is applied and flushed before.
  private mutating func restart(_ place: Int) throws {
    try apply(place, through: .max)
    let region = regions[place]
    let clock = region.shard.machine.feed(of: region.table)?.clock
    try region.shard.flush()
    try region.shard.reopen()
    #expect(region.shard.machine.feed(of: region.table)?.clock == clock)
  }
}
