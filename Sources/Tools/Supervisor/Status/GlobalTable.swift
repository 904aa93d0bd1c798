internal import Items

/// What one shard's replica holds of a table that has replicas in other regions.
struct ReplicatedTableDigest: Equatable, Sendable {
  var table: String
  /// The region that the items are as for, by the residency rules; nil: as they are here.
  var view: String?
  var items: Int
  /// The sum over the items, in no order.
  var sum: UInt64

  init(table: String, view: String? = nil, items: Int, sum: UInt64) {
    (self.table, self.view, self.items, self.sum) = (table, view, items, sum)
  }

  init?(_ json: JSONValue) {
    guard let table = json["table"]?.text, let items = json["items"]?.integer,
      let sum = json["digest"]?.text.flatMap({ UInt64($0, radix: 16) })
    else { return nil }
    self.init(table: table, view: json["as"]?.text, items: items, sum: sum)
  }
}

/// A table with replicas in several regions, and whether they hold the same. That they do not may only mean that changes
/// are under way.
struct GlobalTable: Equatable, Sendable {
  struct Replica: Equatable, Sendable {
    var region: String
    /// As its own items are, and as they would be elsewhere; each summed up over all shards.
    var digests: [ReplicatedTableDigest]

    var own: ReplicatedTableDigest? { digests.first { $0.view == nil } }

    fileprivate func view(as region: String) -> ReplicatedTableDigest? { digests.first { $0.view == region } }
  }

  var name: String
  var replicas: [Replica]

  /// Every two regions, after the rules that lie between them.
  var isEqual: Bool {
    replicas.allSatisfy { first in replicas.allSatisfy { first.region == $0.region || Self.areEqual(first, $0) } }
  }

  private static func areEqual(_ first: Replica, _ second: Replica) -> Bool {
    if let view = first.view(as: second.region) { return second.own.map { $0.sum == view.sum } ?? false }
    if let view = second.view(as: first.region) { return first.own.map { $0.sum == view.sum } ?? false }
    return first.own?.sum == second.own?.sum
  }

  /// Of all regions whose shards have shown their sums; none of a table that only one region tells of.
  static func all(in regions: [ClusterStatus.Region]) -> [GlobalTable] {
    var tables: [GlobalTable] = []
    for region in regions {
      guard let digests = region.digests else { continue }
      for name in Set(digests.map(\.table)) {
        let replica = Replica(region: region.name, digests: digests.filter { $0.table == name })
        if let place = tables.firstIndex(where: { $0.name == name }) {
          tables[place].replicas.append(replica)
        } else {
          tables.append(GlobalTable(name: name, replicas: [replica]))
        }
      }
    }
    return tables.filter { $0.replicas.count > 1 }.sorted { $0.name < $1.name }
  }

  var json: JSONValue {
    .members([
      "name": .text(name), "equal": .bool(isEqual),
      "regions": .array(
        replicas.map { replica in
          .members([
            "name": .text(replica.region), "items": .integer(replica.own?.items),
            "digest": .text(replica.own.map { Self.hex($0.sum) }),
          ])
        }),
    ])
  }

  private static func hex(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// For people.
  var text: String {
    let counts = replicas.map { "\($0.region) \($0.own?.items ?? 0)" }.joined(separator: ", ")
    return isEqual
      ? "\(name): equal in all regions (items: \(counts))"
      : "\(name): not equal in all regions (items: \(counts)); changes may be under way"
  }
}

extension ClusterStatus.Region {
  /// Summed up over the shards, each by the replica that showed the newest sum; nil where a shard showed none.
  fileprivate var digests: [ReplicatedTableDigest]? {
    var sums: [ReplicatedTableDigest] = []
    for shard in shards {
      let shown = shard.replicas.filter { $0.checksumIndex != nil }
      guard let replica = shown.max(by: { $0.checksumIndex! < $1.checksumIndex! }) else { return nil }
      for digest in replica.digests {
        if let place = sums.firstIndex(where: { $0.table == digest.table && $0.view == digest.view }) {
          sums[place].items += digest.items
          sums[place].sum &+= digest.sum
        } else {
          sums.append(digest)
        }
      }
    }
    return sums
  }
}
