import Catalog
import Environment
import Items
import Journal
import Messages
import Raft
import Replicas
import SimulatedDisk
import Store
import Testing

@testable import Node

/// A disk without space stops nothing for good.
@Suite struct FullDiskTests {
  private static let body = [UInt8](repeating: 3, count: 500)

  /// Flushes fail, the log still has its segments: writes go on, and what waits is flushed once there is space.
  @Test func writesOutliveAFlushThatFindsNoSpace() throws {
    let node = TestNode()
    try node.start()
    let table = try node.makeTable()
    node.run(ticks: 100)
    node.disk.beforeOperation = { operation throws(DiskError) in
      if case .write(let path, _, _) = operation, path.contains("/shard-") {
        throw DiskError(.noSpace, "write \(path)")
      }
    }
    for number in 0..<30 {
      #expect(node.ask(.write(try .count(table, "k\(number % 7)", filler: 500)))?.isWritten == true)
    }
    #expect(node.failure == nil)
    let flushed = node.running.replica(GroupID(1))?.store.flushed.index ?? 0
    node.disk.beforeOperation = nil
    let applied = node.running.replica(GroupID(1))?.store.applied.index ?? 0
    #expect(flushed < applied)
    #expect(node.run { (node.running.replica(GroupID(1))?.store.durable.index ?? 0) >= applied })
    for number in 0..<7 { #expect(node.ask(.read(table, "k\(number)"))?.counter == (30 - number + 6) / 7) }
  }

  /// While nothing can be flushed the overlay may not grow without end: writes are refused at its bound.
  @Test func writesAreRefusedWhereTheOverlayCannotBeFlushed() throws {
    let node = TestNode()
    try node.start()
    let table = try node.makeTable()
    node.disk.beforeOperation = { operation throws(DiskError) in
      if case .write(let path, _, _) = operation, path.contains("/shard-") {
        throw DiskError(.noSpace, "write \(path)")
      }
    }
    var isRefused = false
    for number in 0..<500 where !isRefused {
      isRefused = node.ask(.write(.put(table, "k\(number)", Self.body))) == .refused(.overloaded)
    }
    #expect(isRefused)
    #expect(node.running.overlayBytes <= 4 * node.configuration.overlayBytesMax)
    node.disk.beforeOperation = nil
    node.run(ticks: 300)
    #expect(node.ask(.write(.put(table, "late")))?.isWritten == true)
  }

  // MARK: A member of a group

  /// Three nodes of which the leader's disk is full, with overlays that hold more than the log.
  private func filled() throws -> (cluster: TestCluster, full: TestNode, table: TableID) {
    let cluster = TestCluster { $0.overlayBytesMax = 1 << 20 }
    try cluster.start()
    let table = try cluster.makeTable()
    let full = try #require(cluster.leader(of: ShardID(1)))
    full.disk.bytesLimit = full.disk.bytesUsed
    for number in 0..<120 where !full.running.isDiskFull {
      #expect(cluster.ask(.write(.put(table, "k\(number)", Self.body)))?.isWritten == true)
    }
    try #require(full.running.isDiskFull)
    return (cluster, full, table)
  }

  /// In the turn in which it finds out: no write is refused.
  @Test func aLeaderWithAFullDiskHandsOver() throws {
    let (cluster, full, table) = try filled()
    #expect(cluster.ask(.write(.put(table, "next", Self.body)))?.isWritten == true)
    #expect(cluster.run { !full.running.leadsAnything })
    for number in 0..<200 {
      #expect(cluster.ask(.write(.put(table, "l\(number % 40)", Self.body)))?.isWritten == true)
    }
    _ = cluster.run(ticks: 5)
    #expect(full.failure == nil && full.running.isDiskFull && !full.running.leadsAnything)
    #expect(full.notices.contains { $0.text.hasPrefix("The disk is full") })
    full.disk.bytesLimit = nil
    _ = cluster.run(ticks: 300)
    #expect(!full.running.isDiskFull && full.notices.last?.text == "The disk has space again.")
    #expect(Set(try #require(cluster.checksums(of: ShardID(1)))).count == 1)
  }

  /// Its log has room for some more: the group goes on without another member, until only the reserve is left. That one
  /// is kept for votes.
  @Test func aMemberWithAFullDiskStandsInForOneThatIsDown() throws {
    let (cluster, full, table) = try filled()
    #expect(cluster.run { !full.running.leadsAnything && cluster.leader(of: ShardID(1)) != nil })
    let leader = try #require(cluster.leader(of: ShardID(1)))
    let third = try #require(cluster.nodes.first { $0.id != leader.id && $0.id != full.id })
    third.kill()
    var written = 0
    // What is too large for the rest of it may not be all.
    for body in [Self.body, []] {
      while written < 100, cluster.leader(of: ShardID(1)) != nil {
        let id = leader.submit(.write(.put(table, "m\(written)", body)))
        guard cluster.run(ticks: 60, until: { leader.answers[id]?.isWritten == true }) else { break }
        written += 1
      }
    }
    #expect((2..<60).contains(written), "\(written)")
    #expect(full.failure == nil && full.running.journal.sparesReady >= 1)
    // Votes need no more than the reserve.
    try third.start(seed: 8)
    leader.kill()
    #expect(cluster.run { cluster.leader(of: ShardID(1)) != nil })
    #expect(cluster.ask(.read(table, "m0")) != nil)
    try leader.start(seed: 9)
    full.disk.bytesLimit = nil
    #expect(cluster.run { cluster.isWhole })
    for number in [0, written - 1] {
      guard case .item(let item?)? = cluster.ask(.read(table, "m\(number)")) else {
        Issue.record("m\(number) is gone.")
        continue
      }
      #expect(number > 0 || item.bytes.count > 500)
    }
    #expect(Set(try #require(cluster.checksums(of: ShardID(1)))).count == 1)
  }

  /// Where every disk is full nobody is better off as a leader: reads must not suffer from leadership that goes round.
  @Test func membersThatAreAllFullDoNotPassLeadershipOnWithoutEnd() throws {
    let cluster = TestCluster {
      $0.overlayBytesMax = 1 << 20
      $0.journal.segmentBytes = 64 << 10
    }
    try cluster.start()
    let table = try cluster.makeTable()
    for node in cluster.nodes { node.disk.bytesLimit = node.disk.bytesUsed }
    var isRefused = false
    for number in 0..<500 where !isRefused {
      guard let leader = cluster.leader(of: ShardID(1)) else { continue }
      let id = leader.submit(.write(.put(table, "k\(number)", Self.body)))
      _ = cluster.run(ticks: 20) { leader.answers[id] != nil }
      isRefused = cluster.nodes.allSatisfy(\.running.isDiskFull)
    }
    #expect(isRefused)
    let before = try #require(cluster.nodes.map { $0.running.status[1].term }.max())
    _ = cluster.run(ticks: 6_000)
    let after = try #require(cluster.nodes.map { $0.running.status[1].term }.max())
    #expect(after - before <= 20, "\(after - before) changes of leader in a minute.")
    #expect(cluster.ask(.read(table, "k0")) != nil)
    for node in cluster.nodes { node.disk.bytesLimit = nil }
    #expect(cluster.run { cluster.nodes.allSatisfy { !$0.running.isDiskFull } })
    #expect(cluster.ask(.write(.put(table, "late")))?.isWritten == true)
    #expect(Set(try #require(cluster.checksums(of: ShardID(1)))).count == 1)
  }

  /// The log cannot grow: what waits for it is answered once there is space again, without a restart.
  @Test func theLogGoesOnOnceThereIsSpace() throws {
    let node = TestNode()
    try node.start()
    let table = try node.makeTable()
    node.run(ticks: 100)
    node.disk.beforeOperation = { operation throws(DiskError) in
      switch operation {
      case .write(let path, _, _) where path.contains("/shard-"): throw DiskError(.noSpace, "write \(path)")
      case .open(let path, create: true) where path.hasSuffix(".tmp"): throw DiskError(.noSpace, "open \(path)")
      default: break
      }
    }
    for number in 0..<150 {
      _ = node.submit(.write(.put(table, "k\(number)", Self.body)))
      node.run(ticks: 2)
    }
    #expect(node.failure == nil)
    #expect(node.running.journal.isNoSpace)
    node.disk.beforeOperation = nil
    node.run(ticks: 500)
    #expect(node.ask(.write(.put(table, "late")))?.isWritten == true)
    #expect(!node.running.journal.isNoSpace)
  }
}
