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
  var valueBytesMax: UInt64 = 1_500

  var configuration: StoreConfiguration

  static var configuration: StoreConfiguration {
    var configuration = StoreConfiguration(seed: 11)
    configuration.pageBytes = 4_096
    configuration.deletedRowsMax = 20
    // Small enough that flushes spill into the log before they commit.
    configuration.writerCacheBytes = 64 << 10
    configuration.viewCacheBytes = 64 << 10
    return configuration
  }

  init(_ disk: any Disk, directory: String = StoreWorld.directory, seed: UInt64, pageBytes: Int = 4_096) throws {
    self.disk = disk
    configuration = Self.configuration
    configuration.pageBytes = pageBytes
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

  mutating func anyValue() -> [UInt8] {
    let length = random.chance(1, in: 20) ? random.below(12_000) : random.below(valueBytesMax)
    return [UInt8](repeating: UInt8(truncatingIfNeeded: random.next()), count: Int(length))
  }

  /// Rows of a queue: each is put once, behind all others, and those in front are removed together. Sorts behind all else.
  private static func queueKey(_ number: Int) -> [UInt8] { [0xFE, UInt8(number >> 8 & 0xFF), UInt8(number & 0xFF)] }

  private mutating func turnQueue(_ rows: inout Rows) throws {
    let index = history.count
    if random.chance(1, in: 2) {
      let (key, value) = (Self.queueKey(index), anyValue())
      store.put(key, value)
      rows[key] = value
    }
    guard random.chance(1, in: 6) else { return }
    let through = index - Int(random.below(30))
    guard through >= 0 else { return }
    try store.deletePutOnce(from: Self.queueKey(0), to: Self.queueKey(through))
    rows = rows.filter { $0.key.first != 0xFE || !$0.key.lexicographicallyPrecedes(Self.queueKey(through)) }
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
      do { try turnQueue(&rows) } catch { Issue.record(error) }
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
