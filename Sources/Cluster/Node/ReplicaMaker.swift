import Environment
import Messages
import Raft
import Replicas
import Shards
import Store

/// Makes replicas and the stores under them: of a new node, of one that is opened again, and those that replace lost ones.
struct ReplicaMaker {
  let configuration: NodeConfiguration
  let disk: any Disk
  let heard: HeardVersions

  init(configuration: NodeConfiguration, disk: any Disk) {
    self.configuration = configuration
    self.disk = disk
    heard = HeardVersions(own: configuration.node)
  }

  func directory(of group: GroupID) -> String {
    let name = group == .metadata ? "metadata" : "shard-\(group.rawValue)"
    return "\(configuration.dataDirectory)/\(name)"
  }

  /// Blocks. Makes the store where there is none; `seed` draws its identity.
  func openStore(_ group: GroupID, seed: UInt64) throws(StoreError) -> ShardStore {
    var store = StoreConfiguration(seed: seed)
    if let bytes = configuration.storeCacheBytes {
      store.writerCacheBytes = bytes
      store.readerCacheBytes = bytes
      store.viewCacheBytes = bytes
    }
    if let bytes = configuration.storePageBytes { store.pageBytes = bytes }
    if group != .metadata {
      store.appended = ShardMachine.appendedRows
      if let bytes = configuration.appendedFileBytes { store.appended?.fileBytes = bytes }
    }
    return try ShardStore.open(disk: disk, directory: directory(of: group), configuration: store)
  }

  func replica(
    _ group: GroupID, _ id: ReplicaID, _ recovered: Recovered, _ store: ShardStore, random: inout SeededRandom,
    now: Instant
  ) throws -> Replica {
    let raft = RaftGroup(
      configuration: configuration.raft, id: id, recovered: recovered, random: SeededRandom(seed: random.next()),
      now: now)
    return try Replica(
      group: group, raft: raft, store: store, initialMap: configuration.initialMap, heard: heard,
      residencyHash: configuration.residencyHash)
  }
}
