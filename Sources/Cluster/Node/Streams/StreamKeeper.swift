import Environment
import Messages
import Raft
import Replicas
import Shards

/// Lets the streams of the shards that a node leads give up what is too old or too much, a slice at a time, by entries of
/// their logs. It keeps nothing that a next leader does not find out again.
struct StreamKeeper {
  private struct Led {
    /// The table that was looked at last.
    var turn: TableID?
    /// No table had anything to give up: nothing is looked at before, unless there is too much.
    var restsUntil = Instant.zero
    /// The entry of the last slice; no other one before it is applied.
    var proposed: LogIndex = 0
    /// What streams keep beyond the bound, by table; and when it was weighed.
    var excess: (table: TableID, bytes: UInt64)?
    var bytes: UInt64 = 0
    var weighedAt: Instant?
  }

  private var led = LedShards<Led>()

  /// Weighing looks at every table with a stream.
  private static let weighInterval = Span.seconds(1)
  private static let rest = Span.seconds(1)

  /// What the streams of a shard that this node leads keep, over all tables, as it was weighed last.
  func bytes(of group: GroupID) -> UInt64 { led.state(of: group)?.bytes ?? 0 }

  /// To be called every 10 to 20 ms: one look at one table of each led shard.
  ///
  /// - Parameter wallTimeMs: a shard that nobody writes to has no time of its own; nil where it is not known.
  mutating func tick(
    _ replicas: [Replica], _ bounds: NodeConfiguration.Streams, now: Instant, wallTimeMs: WallTimeMs?
  ) {
    led.keep(replicas) { $0.shard?.streamTables.isEmpty == false }
    for replica in replicas {
      guard let shard = replica.shard, !shard.streamTables.isEmpty, replica.isServing else { continue }
      let place = led.place(of: replica, new: Led())
      guard replica.raft.applied >= led[place].proposed else { continue }
      Self.weigh(&led[place], shard, bounds, now: now)
      Self.trim(&led[place], replica, shard, bounds, now: now, atMs: max(replica.timeMs, wallTimeMs ?? 0))
    }
  }

  /// Beyond the bound the table that keeps the most gives up its oldest records, however young they are.
  private static func weigh(
    _ led: inout Led, _ shard: ShardMachine, _ bounds: NodeConfiguration.Streams, now: Instant
  ) {
    let isDue = led.excess != nil || led.weighedAt.map { now.since($0) >= weighInterval } ?? true
    guard isDue else { return }
    led.weighedAt = now
    var heaviest: (table: TableID, bytes: UInt64)?
    var sum: UInt64 = 0
    for table in shard.streamTables {
      let bytes = shard.streamBytes(of: table)
      sum += bytes
      if bytes > heaviest?.bytes ?? 0 { heaviest = (table, bytes) }
    }
    led.bytes = sum
    led.excess = sum > bounds.bytesMax ? heaviest.map { ($0.table, sum - bounds.bytesMax) } : nil
  }

  private static func trim(
    _ led: inout Led, _ replica: Replica, _ shard: ShardMachine, _ bounds: NodeConfiguration.Streams, now: Instant,
    atMs: UInt64
  ) {
    guard led.excess != nil || led.restsUntil <= now,
      let table = led.excess?.table ?? shard.streamTables.first(where: { $0 > led.turn ?? TableID(0) })
        ?? shard.streamTables.first
    else { return }
    led.turn = table
    let beforeMs = atMs > bounds.retentionMs ? atMs - bounds.retentionMs : nil
    if table == shard.streamTables.last { led.restsUntil = now + rest }
    guard beforeMs != nil || led.excess != nil else { return }
    // A store that cannot be read says so wherever else it is read.
    guard let trim = try? shard.nextTrim(of: table, beforeMs: beforeMs, excessBytes: led.excess?.bytes ?? 0),
      replica.propose(.trim(trim))
    else { return }
    Probes.hit(.streamGivesUpRecords)
    led.proposed = replica.raft.last.index
    // There may be more: it is looked at again.
    led.turn = TableID(table.rawValue - 1)
    led.restsUntil = .zero
  }
}
