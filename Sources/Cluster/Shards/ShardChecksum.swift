import Bytes
import Messages
public import Store

/// The sum over the rows of a replica at one log index: equal on every replica of a shard.
///
/// XXH64 over each row in key order, seeded with the sum before it. Rows of dropped tables don't count: each replica
/// removes them in its own time.
public enum ShardChecksum {
  /// Reads the whole view; runs on a thread of its own. `ranges` are those that the shard serves, ascending; items of
  /// tables in `digests` are counted there too.
  public static func compute(
    _ view: StoreView, ranges: [RowRange], digests: inout [TableDigest]
  ) throws -> UInt64 {
    var sum: UInt64 = 0
    for range in ranges {
      let counted = digests.indices.filter { range == .table(digests[$0].table) }
      try view.scan(from: range.lower, to: range.upper, reverse: false) { key, value in
        for digest in counted { try digests[digest].add(key, value) }
        sum = add(key, value, to: sum)
        return .proceed
      }
    }
    return sum
  }

  static func add(_ key: [UInt8], _ value: [UInt8], to sum: UInt64) -> UInt64 {
    var row = ByteWriter(capacity: key.count + value.count + 8)
    row.blob(key)
    row.raw(value)
    return Hash64.hash(row.bytes, seed: sum)
  }
}
