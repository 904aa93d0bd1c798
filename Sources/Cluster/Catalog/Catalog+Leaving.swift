import Bytes
import Messages

/// How a replica goes.
///
/// In order: it is `draining` where that was asked for, and its region is told to retire. That takes no more writes, sends
/// what it took in, tells the others that it leaves, and drops its table. Until then it takes part like any other, so that
/// nothing that it took in is lost, and no trace of a removed item goes that its older puts would need.
///
/// Where that takes too long the replica is abandoned: the others forget it, and give each other what it may have sent to
/// some of them only. Its region is told when it is there again. It then has a table of its own, with all that it holds and
/// another unique id: nothing of that comes back to the others, and nothing is lost.
extension Catalog {
  mutating func leaveReplica(_ uniqueID: [UInt8], _ region: String) -> CatalogOutcome {
    guard let position = tables.firstIndex(where: { $0.uniqueID == uniqueID }) else { return .done }
    let table = tables[position]
    if table.status == .deleting { return stopWaiting(for: region, position) }
    guard table.status == .active else { return .tableInUse(table.status) }
    if table.definition.replicas?.own == region {
      // Nobody takes its changes any more.
      if release > 0 { tables[position].replicas = [] }
      tables[position].status = .deleting
      tables[position].version += 1
      return .table(tables[position])
    }
    guard table.replicas.contains(where: { $0.region == region && $0.status != .left }) else { return .done }
    let keepsEntry = release > 0
    return changeShards(position) {
      $0.drop(region)
      if !keepsEntry { $0.replicas.removeAll { $0.status == .left } }
    }
  }

  /// A table that goes itself waits for fewer.
  private mutating func stopWaiting(for region: String, _ position: Int) -> CatalogOutcome {
    guard release > 0, tables[position].replicas.contains(where: { $0.region == region }) else { return .done }
    tables[position].replicas.removeAll { $0.region == region }
    tables[position].version += 1
    return .done
  }

  /// `.done`: nothing of the replica is here any more.
  mutating func retireReplica(_ uniqueID: [UInt8], _ region: String) -> CatalogOutcome {
    guard let position = tables.firstIndex(where: { $0.uniqueID == uniqueID }),
      tables[position].definition.replicas?.own == region
    else { return .done }
    guard tables[position].status == .active else { return .tableInUse(tables[position].status) }
    tables[position].status = .deleting
    tables[position].version += 1
    return .table(tables[position])
  }

  mutating func abandonReplica(_ uniqueID: [UInt8], _ region: String) -> CatalogOutcome {
    guard let position = tables.firstIndex(where: { $0.uniqueID == uniqueID }) else { return .done }
    let table = tables[position]
    if table.definition.replicas?.own == region { return separate(position) }
    guard let replica = table.replicas.first(where: { $0.region == region }), replica.status != .deleting,
      replica.status != .left
    else { return .done }
    if table.status == .deleting { return stopWaiting(for: region, position) }
    return changeShards(position) { $0.abandon(region) }
  }

  /// The others have given up this region's replica: what it holds stays, as a table of its own.
  private mutating func separate(_ position: Int) -> CatalogOutcome {
    switch tables[position].status {
    case .creating, .updating: return .tableInUse(tables[position].status)
    // The shards are dropping it.
    case .deleting where tables[position].replicas.isEmpty: return .done
    case .active, .deleting:
      tables[position].status = .active
      return changeShards(position) { $0.separate() }
    }
  }
}

extension Table {
  fileprivate mutating func abandon(_ region: String) {
    drop(region)
    for place in replicas.indices where replicas[place].region == region { replicas[place].status = .deleting }
  }

  fileprivate mutating func separate() {
    replicas = []
    definition.replicas = nil
    shared = nil
    isSharing = false
    // The same on every replica of the catalog, and no other table's.
    var writer = ByteWriter(capacity: 16)
    writer.u64(Hash64.hash(uniqueID, seed: 1))
    writer.u64(Hash64.hash(uniqueID, seed: 2))
    uniqueID = writer.bytes
  }
}
