import Bytes
import Environment
import Messages
import Raft
import Replicas
import SimulatedDisk
import Store

@testable import Node

extension TestNode {
  /// Flips a bit of a record that the node needs and starts it: tries one sector after the other.
  func startDamaged(_ shard: ShardID) throws {
    let whole = disk.copy()
    for path in whole.paths where path.hasPrefix("/data/journal/") {
      for sector in 1..<(whole.content(path)?.count ?? 0) / 512 {
        guard whole.content(path)?[sector * 512 + 4..<sector * 512 + 8] != [0, 0, 0, 0] else { continue }
        replaceDisk(by: whole.copy())
        disk.flipBit(2, of: path, at: sector * 512 + 40)
        try start()
        if running.damage.contains(where: { $0.shard == shard }) { return }
      }
    }
    throw TestFailure("No damage was found out.")
  }

  /// Flips a bit in a page of a shard's database (1 is the root of its rows, 2 that of its own state), or in all but the
  /// first.
  func damagePages(of shard: ShardID, only: Int? = nil) {
    let path = "/data/shard-\(shard.rawValue)/shard.1.db"
    let pages = (disk.content(path)?.count ?? 0) / 4_096
    for page in 1..<max(pages, 1) where only == nil || only == page {
      disk.flipBit(3, of: path, at: page * 4_096 + 2_000)
    }
  }

  /// Brings everything into the database. Other nodes flush nothing, and so keep their logs.
  func flush(_ shard: ShardID) throws {
    guard let replica = running.replica(GroupID(shard)) else { throw TestFailure("There is no store to flush.") }
    var membership = ByteWriter()
    replica.raft.membership(at: replica.store.applied.index).encode(into: &membership)
    for job in [replica.store.flush(metadata: membership.bytes), replica.store.checkpoint()] {
      try job?.run()
      if let job { replica.store.completed(job, error: nil) }
    }
  }

  /// Whether it was said that a shard's replica was lost.
  func hasNoticedDamage(of shard: ShardID) -> Bool {
    notices.contains { $0.shard == shard && $0.text.contains("damaged") }
  }

  /// The id under which the node takes part in a group.
  func replicaID(_ group: GroupID) -> ReplicaID? {
    node?.identity?.identity.holding(group).flatMap { $0.state == .normal ? $0.id : nil }
  }
}

extension TestCluster {
  /// Nothing is flushed by itself: each log goes back to its beginning.
  static func withWholeLogs(shards: Int = 1) -> TestCluster {
    TestCluster(shards: shards) { configuration in
      configuration.idleFlushDelay = .seconds(86_400)
      configuration.storageFlushBytesMin = 1 << 20
      configuration.overlayBytesMax = 16 << 20
      configuration.journalBytesMax = 16 << 20
    }
  }

  /// Every group has a leader, and each of its replicas is whole and a voter.
  var isWhole: Bool {
    nodes.allSatisfy { node in
      node.node?.isReady == true && node.running.status.allSatisfy { $0.isHealthy && !$0.isLearner && $0.leader != nil }
        && node.running.replicas.allSatisfy { $0.raft.membership.voters.contains($0.raft.id) }
    }
  }

  /// The checksum of a shard on every node that runs; nil where they do not all show one.
  func checksums(of shard: ShardID) -> [UInt64]? {
    guard case .checksumAt(let index)? = ask(.checksum, shard: shard) else { return nil }
    let running = nodes.compactMap(\.node)
    func sums() -> [UInt64] {
      running.compactMap { node in
        node.status.first { $0.shard == shard && $0.checksumIndex == index }?.checksum
      }
    }
    return run { sums().count == running.count } ? sums() : nil
  }
}
