import Bytes
import Messages
import Raft
public import Store

/// The sum over the rows of a replica at one log index: equal on every replica of a shard.
///
/// XXH64 over each row in key order, seeded with the sum before it. Rows of dropped tables don't count: each replica
/// removes them in its own time.
public enum ShardChecksum {
  /// Reads the whole view; runs on a thread of its own. `tables` are those that the shard serves, ascending.
  public static func compute(_ view: StoreView, tables: [UInt32]) throws -> UInt64 {
    var sum: UInt64 = 0
    for table in [0] + tables {
      let lower = RowKey(table: TableID(table), hash: 0).bytes
      let upper = RowKey.end(ofPrefix: Array(lower[..<4]))
      try view.scan(from: lower, to: upper, reverse: false) { key, value in
        var row = ByteWriter(capacity: key.count + value.count + 8)
        row.blob(key)
        row.raw(value)
        sum = Hash64.hash(row.bytes, seed: sum)
        return .proceed
      }
    }
    return sum
  }
}
