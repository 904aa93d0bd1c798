import Bytes
import Catalog
import Items
public import Messages

/// What a shard holds of a table with replicas, so that regions can be compared: the sum over the items of XXH64 of key
/// and item, in no order. The sum over the shards of a region is the same wherever the same items are, however they are
/// spread and whatever id the table has.
public struct TableDigest: Equatable, Sendable {
  public var table: TableID
  /// That of all replicas of the table.
  public var uniqueID: [UInt8]
  /// Of what this region is to hold of the items by the residency rules; nil: of the items as they are here.
  public var region: String?
  public var items: UInt64 = 0
  public var sum: UInt64 = 0

  public init(table: TableID, uniqueID: [UInt8]) {
    self.table = table
    self.uniqueID = uniqueID
  }

  /// For ``region``.
  var plan: ResidencyPlan?
  var hash: ResidencyHash?

  public static func == (left: TableDigest, right: TableDigest) -> Bool {
    left.table == right.table && left.uniqueID == right.uniqueID && left.region == right.region
      && left.items == right.items && left.sum == right.sum
  }

  /// Counts an item's row.
  mutating func add(_ key: [UInt8], _ item: [UInt8]) throws(MalformedBytes) {
    var item = item
    if let region, let plan {
      item = try plan.copy(of: EncodedItem(trusted: item), for: region, hash).bytes
    }
    var row = ByteWriter(capacity: key.count + item.count + 8)
    row.blob(Array(key[RowKey.headerBytes...]))
    row.raw(item)
    items += 1
    sum &+= Hash64.hash(row.bytes)
  }
}

extension ShardMachine {
  /// Of the tables that have replicas, before any item was counted.
  public var digests: [TableDigest] {
    replicatedTables.flatMap { id -> [TableDigest] in
      guard let table = tables[id], let replication = table.settings.replication else { return [] }
      let own = TableDigest(table: id, uniqueID: replication.table)
      guard let plan = table.residency, !plan.holdsCopies else { return [own] }
      return [own]
        + plan.residency.rules.filter { replication.others.contains($0.region) }.map { rule in
          var copy = own
          copy.region = rule.region
          copy.plan = plan
          copy.hash = residencyHash
          return copy
        }
    }
  }
}
