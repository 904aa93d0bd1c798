public import Messages
import Shards

/// How far another region is behind the shards that a node leads with the changes of one table.
public struct RegionLag: Equatable, Sendable {
  public var table: TableID
  public var region: String
  /// Changes that have not arrived there.
  public var changes: UInt64
  public var bytes: UInt64
  /// How old the oldest of them is, in milliseconds; 0 where there is none.
  public var ageMs: UInt64

  init(table: TableID, region: String, waiting: ShardMachine.Waiting, wallTimeMs: UInt64?) {
    self.table = table
    self.region = region
    changes = waiting.changes
    bytes = waiting.changes > 0 ? waiting.bytes : 0
    ageMs = waiting.sinceMs.flatMap { since in wallTimeMs.map { $0 - min($0, since) } } ?? 0
  }

  mutating func add(_ other: RegionLag) {
    changes += other.changes
    bytes += other.bytes
    ageMs = max(ageMs, other.ageMs)
  }
}

/// How long changes took from the request that made them to the answer of the other region, until somebody asks.
public struct RegionDelays: Sendable {
  public struct Pair: Equatable, Sendable {
    public var table: TableID
    public var region: String
    /// Milliseconds, in no order.
    public var delaysMs: [UInt64]
  }

  public private(set) var pairs: [Pair] = []

  /// Of one pair; more are not kept.
  private static let countMax = 8_192

  mutating func add(_ madeAtMs: [UInt64], _ sender: RegionSender, atMs now: UInt64?) {
    guard let now, !madeAtMs.isEmpty else { return }
    let place = pairs.firstIndex { $0.table == sender.table && $0.region == sender.region } ?? pairs.count
    if place == pairs.count { pairs.append(Pair(table: sender.table, region: sender.region, delaysMs: [])) }
    guard pairs[place].delaysMs.count + madeAtMs.count <= Self.countMax else { return }
    pairs[place].delaysMs += madeAtMs.map { now - min(now, $0) }
  }
}
