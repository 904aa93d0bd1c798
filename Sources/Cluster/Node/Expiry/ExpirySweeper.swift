import Environment
import Messages
import Raft
import Replicas
import Shards

/// Removes expired items of the shards that the node leads: table after table in key order, one slice of rows a tick, and
/// a rest after each pass. It keeps only its place, which a new leader does without.
struct ExpirySweeper {
  private struct Place {
    var group: GroupID
    var table: TableID
    var next: [UInt8]?
  }

  private var place: Place?
  private var restsUntil = Instant.zero

  /// A slice takes well below a millisecond, one in twenty of a node's time at the most.
  static let rowsMax = 256
  static let bytesMax = 64 << 10
  /// From the end of a pass to the next.
  static let rest = Span.seconds(1)

  /// To be called with each tick.
  mutating func sweep(_ replicas: [Replica], now: Instant, wallTimeMs: WallTimeMs) {
    guard now >= restsUntil else { return }
    guard let place = place ?? Self.following(nil, replicas) else { return rest(now) }
    guard let replica = replicas.first(where: { $0.group == place.group }), replica.isServing,
      let shard = replica.shard
    else { return go(to: Self.following(place, replicas), now) }
    // A store that cannot be read says so wherever else it is read.
    let slice = try? shard.expired(
      in: place.table, from: place.next, rowsMax: Self.rowsMax, bytesMax: Self.bytesMax, atMs: wallTimeMs)
    for (key, item) in slice?.expired ?? [] {
      guard replica.expire(Expiry(key: key, item: item, atMs: wallTimeMs)) else { return }
    }
    if let next = slice?.next {
      self.place = Place(group: place.group, table: place.table, next: next)
    } else {
      go(to: Self.following(place, replicas), now)
    }
  }

  private mutating func go(to next: Place?, _ now: Instant) {
    place = next
    if next == nil { rest(now) }
  }

  private mutating func rest(_ now: Instant) { restsUntil = now + Self.rest }

  /// The first table with expiry behind `place` that the node leads; nil behind the last.
  private static func following(_ place: Place?, _ replicas: [Replica]) -> Place? {
    for replica in replicas where replica.isServing {
      guard let shard = replica.shard, replica.group.rawValue >= place?.group.rawValue ?? 0 else { continue }
      let tables = shard.tablesWithExpiry
      let rest = replica.group == place?.group ? tables.filter { $0 > place!.table } : tables
      if let table = rest.first { return Place(group: replica.group, table: table) }
    }
    return nil
  }
}
