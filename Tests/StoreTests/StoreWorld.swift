import Bytes
import Environment
import Raft
import SimulatedDisk
import Testing

@testable import Store

typealias Rows = [[UInt8]: [UInt8]]

/// A store on a disk beside a dictionary for every entry ever applied, so that whatever a crash leaves can be compared
/// with what it claims to be.
struct StoreWorld {
  static let directory = "/node/shard-1"

  var disk: any Disk
  var store: ShardStore
  var random: SeededRandom
  /// The rows after each entry, by its index.
  var history: [Rows] = [[:]]
  var keyCount: UInt64 = 120
  /// Keys that a queue has or had.
  var queued: Set<[UInt8]> = []
  static let strands: UInt64 = 3
  var valueBytesMax: UInt64 = 1_500

  var configuration: StoreConfiguration

  static var configuration: StoreConfiguration {
    var configuration = StoreConfiguration(seed: 11)
    configuration.pageBytes = 4_096
    configuration.deletedRowsMax = 20
    // Small enough that flushes spill into the log before they commit.
    configuration.writerCacheBytes = 64 << 10
    configuration.viewCacheBytes = 64 << 10
    configuration.appended = appended
    return configuration
  }

  /// The rows of the queues lie in files of their own, of a few rows each.
  static var appended: AppendedKeys {
    var keys = AppendedKeys(prefix: [0xFE], strandBytes: 2)
    keys.fileBytes = 6 << 10
    return keys
  }

  /// `appended` nil: the rows of the queues lie among all others.
  init(
    _ disk: any Disk, directory: String = StoreWorld.directory, seed: UInt64, pageBytes: Int = 4_096,
    appended: AppendedKeys? = StoreWorld.appended
  ) throws {
    self.disk = disk
    configuration = Self.configuration
    configuration.pageBytes = pageBytes
    configuration.appended = appended
    random = SeededRandom(seed: seed)
    store = try ShardStore.open(disk: disk, directory: directory, configuration: configuration)
  }

  var rows: Rows { history[history.count - 1] }

  mutating func anyKey() -> [UInt8] { Self.key(random.below(keyCount)) }

  private static func key(_ number: UInt64) -> [UInt8] {
    // Some are prefixes of others, one is empty.
    let length = Int(number % 5) * 7
    return Array([UInt8](repeating: UInt8(number % 3), count: length) + [UInt8(number & 0xFF)].prefix(length))
  }

  /// Where a range may begin or end: at a key, before a strand or within one.
  mutating func anyBound() -> [UInt8] {
    guard random.chance(1, in: 2) else { return anyKey() }
    let key = Self.queueKey(UInt8(random.below(Self.strands + 1)), Int(random.below(UInt64(history.count + 1))))
    return Array(key[..<Int(1 + random.below(4))])
  }

  mutating func anyValue() -> [UInt8] {
    let length = random.chance(1, in: 20) ? random.below(12_000) : random.below(valueBytesMax)
    return [UInt8](repeating: UInt8(truncatingIfNeeded: random.next()), count: Int(length))
  }

  /// Rows of a queue: each is put once, behind all others of its strand, and those in front are removed together. Sorts
  /// behind all else.
  static func queueKey(_ strand: UInt8, _ number: Int) -> [UInt8] {
    [0xFE, strand, UInt8(number >> 8 & 0xFF), UInt8(number & 0xFF)]
  }

  mutating func put(_ key: [UInt8], _ value: [UInt8], _ rows: inout Rows) {
    store.put(key, value)
    rows[key] = value
    queued.insert(key)
  }

  mutating func trim(_ strand: UInt8, below number: Int, _ rows: inout Rows) throws {
    let (from, to) = (Self.queueKey(strand, 0), Self.queueKey(strand, number))
    try store.deletePutOnce(from: from, to: to)
    rows = rows.filter { !$0.key.starts(with: from[..<2]) || !$0.key.lexicographicallyPrecedes(to) }
  }

  private mutating func turnQueues(_ rows: inout Rows) throws {
    let index = history.count
    if random.chance(1, in: 2) {
      put(Self.queueKey(UInt8(random.below(Self.strands)), index), anyValue(), &rows)
    }
    guard random.chance(1, in: 4) else { return }
    let through = index - Int(random.below(30))
    if through >= 0 { try trim(UInt8(random.below(Self.strands)), below: through, &rows) }
  }

  /// Applies entries of a few writes each; every fifth changes nothing.
  mutating func apply(_ entries: Int) {
    for _ in 0..<entries {
      var rows = self.rows
      for _ in 0..<random.below(5) {
        let key = anyKey()
        if random.chance(1, in: 4) {
          store.delete(key)
          rows[key] = nil
        } else {
          let value = anyValue()
          store.put(key, value)
          rows[key] = value
        }
      }
      do { try turnQueues(&rows) } catch { Issue.record(error) }
      history.append(rows)
      let index = UInt64(history.count - 1)
      store.advance(to: position(index))
    }
  }

  func position(_ index: UInt64) -> LogPosition { LogPosition(index: index, term: 1 + index / 10) }

  static func metadata(_ index: UInt64) -> [UInt8] { Array("members at \(index / 7)".utf8) }

  func flushJob() -> StoreJob? { store.flush(metadata: Self.metadata(store.applied.index)) }

  @discardableResult func run(_ job: StoreJob?) -> StoreError? {
    guard let job else { return nil }
    do throws(StoreError) {
      try job.run()
      store.completed(job, error: nil)
      return nil
    } catch {
      store.completed(job, error: error)
      return error
    }
  }

  /// Opens what a crash or a close left; the entry that it reached becomes the newest.
  mutating func reopen(on disk: (any Disk)? = nil) throws {
    if let disk { self.disk = disk }
    store = try ShardStore.open(disk: self.disk, directory: Self.directory, configuration: configuration)
    let reached = Int(store.applied.index)
    #expect(reached < history.count)
    history.removeSubrange((reached + 1)...)
    #expect(store.applied == (reached == 0 ? .zero : position(UInt64(reached))))
    #expect(store.metadata == (reached == 0 ? [] : Self.metadata(UInt64(reached))))
  }

  /// Every row is there, forwards and backwards, and nothing else.
  func check(_ comment: Comment? = nil) throws {
    #expect(try all { try store.scan(from: [], to: nil, reverse: $0, $1) } == rows, comment)
    try checkGets(comment, store.get)
  }

  /// Keys without a row too.
  func checkGets(_ comment: Comment? = nil, _ get: ([UInt8]) throws -> [UInt8]?) throws {
    for number in 0..<keyCount {
      let key = Self.key(number)
      #expect(try get(key) == rows[key], comment)
    }
    for key in queued { #expect(try get(key) == rows[key], comment) }
  }

  /// The rows that both directions of a scan show; fails where they differ or are out of order.
  func all(_ scan: (Bool, (([UInt8], [UInt8]) -> ScanStep)) throws -> Void) throws -> Rows {
    var directions: [[[[UInt8]]]] = []
    for reverse in [false, true] {
      var pairs: [[[UInt8]]] = []
      try scan(reverse) { key, value in
        pairs.append([key, value])
        return .proceed
      }
      directions.append(reverse ? pairs.reversed() : pairs)
    }
    #expect(directions[0] == directions[1])
    let keys = directions[0].map { $0[0] }
    #expect(keys == keys.sorted { $0.lexicographicallyPrecedes($1) })
    #expect(Set(keys).count == keys.count)
    return Rows(uniqueKeysWithValues: directions[0].map { ($0[0], $0[1]) })
  }
}
