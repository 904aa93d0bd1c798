import Catalog
import Environment
import Journal
import Messages
import Raft
import Replicas
import SimulatedDisk
import Testing

@testable import Node

/// The log stays within its bound, and reading it back keeps nobody waiting.
@Suite struct LogBoundTests {
  /// Entries that are not committed are freed by no flush. They are copied forward, so that a group without a majority
  /// does not keep everybody's log; and they are still there, also after a crash.
  @Test(arguments: [false, true]) func aGroupWithoutAMajorityPinsNoLog(restarts: Bool) throws {
    let cluster = TestCluster(shards: 2)
    try cluster.start()
    let table = try cluster.makeTable()
    let map = try #require(cluster.nodes[0].running.catalog?.shardMap)
    let names = (0..<200).map { "k\($0)" }
    func those(in shard: UInt32) -> [String] {
      names.filter { map.shard(for: ItemWrite.put(table, $0).key.hash).id == ShardID(shard) }
    }
    #expect(cluster.run { cluster.leader(of: ShardID(1)) != nil })
    let lonely = try #require(cluster.leader(of: ShardID(1)))
    cluster.isDelivered = { _, _, part in part.group != GroupID(1) }
    let group = GroupID(1)
    let first = try #require(lonely.running.replica(group)).raft.last.index + 1
    for name in those(in: 1).prefix(4) { lonely.submit(.write(.put(table, name, [UInt8](repeating: 7, count: 300)))) }
    _ = cluster.run(ticks: 10)
    let pending = try lonely.running.journal.read(group, from: first, bytesMax: .max)
    #expect(pending.count == 4)
    let busy = those(in: 2)
    for number in 0..<400 {
      guard let leader = cluster.leader(of: ShardID(2)) else { continue }
      let body = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 700)
      leader.submit(.write(.put(table, busy[number % busy.count], body)), shard: ShardID(2))
      _ = cluster.run(ticks: 1)
    }
    _ = cluster.run(ticks: 100)
    let bytes = lonely.running.journal.bytesInUse
    #expect(bytes <= 2 * lonely.configuration.journalBytesMax, "\(bytes) bytes of log.")
    #expect(try lonely.running.journal.read(group, from: first, bytesMax: .max) == pending)
    if restarts {
      var random = SeededRandom(seed: 4)
      lonely.crash(&random)
      try lonely.start(seed: 5)
      #expect(lonely.running.damage.isEmpty)
      #expect(try lonely.running.journal.read(group, from: first, bytesMax: .max) == pending)
    }
    cluster.isDelivered = { _, _, _ in true }
    // Whether what it proposed survives depends on who is elected.
    #expect(cluster.run { cluster.isWhole && cluster.leader(of: ShardID(1)) != nil })
    #expect(cluster.ask(.write(.put(table, those(in: 1)[5])))?.isWritten == true)
    #expect(Set(try #require(cluster.checksums(of: ShardID(1)))).count == 1)
  }

  /// A member that lags by many megabytes is fed from the leader's disk a piece a turn.
  @Test func aTurnReadsOnlySoMuchOfTheLog() throws {
    let cluster = TestCluster { configuration in
      configuration.raft.entryCacheBytesMax = 0
      configuration.raft.appendBytesMax = 256 << 10
      configuration.journal = JournalConfiguration(segmentBytes: 4 << 20)
      configuration.journalBytesMax = 64 << 20
      configuration.overlayBytesMax = 64 << 20
      configuration.storageFlushBytesMin = 64 << 20
      configuration.idleFlushDelay = .seconds(3_600)
    }
    try cluster.start()
    let table = try cluster.makeTable()
    let leader = try #require(cluster.leader(of: ShardID(1)))
    let absent = try #require(cluster.nodes.first { $0.id != leader.id })
    cluster.isDelivered = { from, to, _ in from != absent.id && to != absent.id }
    for number in 0..<60 {
      let body = [UInt8](repeating: UInt8(number), count: 50 << 10)
      #expect(cluster.ask(.write(.put(table, "k\(number)", body)))?.isWritten == true)
    }
    var turn = 0
    var bytes = 0
    var most = 0
    var all = 0
    leader.disk.beforeOperation = { operation throws(DiskError) in
      guard case .read(let path, _, let count) = operation, path.contains("/journal/") else { return }
      if turn != leader.turns { bytes = 0 }
      turn = leader.turns
      bytes += count
      all += count
      most = max(most, bytes)
    }
    cluster.isDelivered = { _, _, _ in true }
    let target = leader.running.status[1].appliedIndex
    #expect(cluster.run(ticks: 2_000) { absent.running.status[1].appliedIndex >= target })
    #expect(all > 3_000_000, "\(all) bytes were read back.")
    #expect(most < 2 << 20, "\(most) bytes in one turn.")
  }
}
