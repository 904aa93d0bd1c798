import Catalog
import Environment
import Messages
import Raft
import Replicas
import SimulatedDisk
import Testing

@testable import Node

/// Bits flip and files end early while a node is down: it finds that out, or it does not matter. No strong read ever shows
/// what was not written, and nothing acknowledged is missing where the node says that all is well.
@Suite struct IOFaultDamageTests {
  enum Damage: CaseIterable { case flip, cut }

  /// A node that worked and was killed: at rest, with its stores up to date, or in the middle of it all.
  private func worked(isIdle: Bool) throws -> IOFaultRun {
    let (disk, table) = try IOFaultRun.used()
    var run = IOFaultRun(disk, table, seed: 3)
    if !isIdle { run.node.disk.stop(afterChanges: 200) }
    _ = run.goThrough()
    #expect(run.node.disk.isStopped != isIdle)
    run.end(powerCut: !isIdle, seed: 9)
    return run
  }

  private func damage(_ disk: SimulatedDisk, _ path: String, _ damage: Damage, at offset: Int) {
    switch damage {
    case .flip: disk.flipBit(offset % 8, of: path, at: offset)
    case .cut: disk.cut(path, to: offset)
    }
  }

  private func offsets(_ damage: Damage, bytes: Int, step usual: Int) -> [Int] {
    // Every header and every sector, at another place each time.
    let step = damage == .flip ? 211 : 509
    let all = Array(0..<min(64, bytes)) + Swift.stride(from: 64, to: bytes, by: step)
    return Swift.stride(from: 0, to: all.count, by: IOFaultTests.step(usual)).map { all[$0] }
  }

  @Test(arguments: Damage.allCases, [true, false])
  func damageAtRestIsFoundOrDoesNotMatter(kind: Damage, isIdle: Bool) throws {
    let worked = try worked(isIdle: isIdle)
    var counts: [String: [Int]] = [:]
    for path in worked.node.disk.paths where path != "/data/lock" {
      for offset in offsets(kind, bytes: worked.node.disk.content(path)?.count ?? 0, step: 37) {
        let disk = worked.node.disk.copy()
        damage(disk, path, kind, at: offset)
        var run = IOFaultRun(disk, worked.table, seed: 3)
        run.model = worked.model
        let isFound = check(&run, "\(kind) \(path) at \(offset)")
        counts[path, default: [0, 0]][isFound ? 0 : 1] += 1
      }
    }
    #expect(counts["/data/identity"]?[1] == 0)
    #expect(counts.values.reduce(0) { $0 + $1[0] } > 10)
  }

  /// Starts the node twice, reads, and writes for a while: whether it noticed.
  private func check(_ run: inout IOFaultRun, _ when: String) -> Bool {
    var isFound = false
    for round in 0..<2 {
      do { try run.node.start() } catch {
        return true
      }
      if !run.node.running.damage.isEmpty { isFound = true }
      let keys = reachableKeys(run)
      for step in 0..<6 {
        let asked = step % 2 == 0 ? FaultAction.read : .count
        run.perform(keys.map { FaultOperation(key: $0, action: asked, tag: 40_000 + step * 100 + $0) })
        if run.model.failed > 0 { isFound = true }
        run.node.run(ticks: 25)
        if run.node.failure != nil {
          isFound = true
          break
        }
      }
      run.end(powerCut: round == 0, seed: 5)
    }
    if isFound { return true }
    run.check(when)
    run.end(powerCut: false, seed: 5)
    return false
  }

  /// Keys of shards that this node leads; it knows of shards only while its metadata group is sound.
  private func reachableKeys(_ run: IOFaultRun) -> [Int] {
    guard run.node.run(ticks: 300, until: { run.node.running.catalog?.shardMap != nil && run.node.isReady }) else {
      return []
    }
    let led = run.node.running.ledShards
    return (0..<FaultOperation.keys).filter { key in
      run.shard(of: FaultOperation(key: key, action: .read, tag: 0)).map { led.contains($0) } ?? false
    }
  }

  /// One of three nodes comes back with damage; the others have everything. It is made leader where it takes part.
  @Test(arguments: Damage.allCases) func aDamagedNodeOfThreeShowsNothingWrong(kind: Damage) throws {
    let files = try IOFaultCluster(victimLeads: false, seed: 4)
    files.goOn(100)
    files.victim.kill()
    var found = 0
    var led = 0
    for path in files.victim.disk.paths where path != "/data/lock" {
      let all = offsets(kind, bytes: files.victim.disk.content(path)?.count ?? 0, step: 17)
      for offset in stride(from: 0, to: all.count, by: 5).map({ all[$0] }) {
        let run = try IOFaultCluster(victimLeads: false, seed: 4)
        run.mayBeUnreadable = true
        run.goOn(100)
        run.victim.kill()
        damage(run.victim.disk, path, kind, at: offset)
        run.start()
        if run.reason == nil, run.victim.running.damage.isEmpty, makeLeader(run) { led += 1 }
        run.goOn()
        run.read()
        // What was found is rebuilt meanwhile, under a new id.
        let isRebuilt = run.victim.node?.replicas.contains { $0.raft.id.generation > 0 } ?? false
        if isRebuilt || run.reason != nil || run.victim.node?.damage.isEmpty == false { found += 1 }
        if run.reason == nil, run.victim.node?.damage.isEmpty == true {
          run.compare("\(kind) \(path) at \(offset)")
        }
      }
    }
    #expect(found > 5 && led > 5)
  }

  /// Kills whoever leads until the victim does; false where it stops on the way.
  private func makeLeader(_ run: IOFaultCluster) -> Bool {
    for _ in 0..<20 {
      guard run.run(ticks: 500, until: { run.cluster.leader(of: ShardID(1)) != nil }), run.victim.node != nil,
        let leader = run.cluster.leader(of: ShardID(1))
      else { return false }
      if leader.id == run.victim.id { return true }
      leader.kill()
      run.run(ticks: 500) { run.cluster.leader(of: ShardID(1)) != nil || run.victim.node == nil }
      do { try leader.start() } catch { Issue.record("\(error)") }
    }
    return false
  }
}

extension TestNode {
  /// Every group that takes part leads and knows its range.
  var isReady: Bool {
    guard let node else { return false }
    return node.status.allSatisfy { status in
      !status.isHealthy || status.role == .leader && (status.shard == .metadata || status.range != nil)
    } && node.replicas.allSatisfy { $0.isServing }
  }
}
