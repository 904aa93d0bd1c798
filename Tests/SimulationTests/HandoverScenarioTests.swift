import Environment
import Messages
import Node
import Simulation
import Testing

/// A leader that cannot serve well, or is about to stop, gives its place to another member.
@Suite struct HandoverScenarioTests {
  private func leader(_ region: TestRegion) -> NodeID? {
    region.cluster.nodeIDs.first { region.cluster.node($0)?.ledShards.isEmpty == false }
  }

  /// A planned transfer costs no failed request.
  @Test(arguments: UInt64(400)..<402) func aNodeThatLeavesCostsNoFailedRequest(seed: UInt64) throws {
    let region = TestRegion(SimulationOptions(seed: seed))
    let table = try region.makeTable()
    let clients = AddingClients(region.cluster, table: table, count: 6, expression: try .addOne())
    clients.start()
    for _ in 0..<4 {
      region.cluster.run(for: .seconds(1))
      guard let leaving = leader(region) else { continue }
      region.cluster.leave(leaving)
      #expect(region.cluster.run(for: .seconds(1)) { region.cluster.node(leaving)?.leadsAnything == false })
      region.cluster.kill(leaving)
      region.cluster.run(for: .milliseconds(300))
      region.cluster.start(leaving)
    }
    region.cluster.run(for: .seconds(1))
    #expect(clients.violations == [])
    #expect(clients.unknown == 0 && clients.failed == 0)
    #expect(clients.acknowledged > 1_000)
  }

  /// A full disk costs no failed request either, and with a member down the full one still stands in for a while.
  @Test(arguments: UInt64(420)..<426) func aLeaderWithAFullDiskCostsNoFailedRequest(seed: UInt64) throws {
    var options = SimulationOptions(seed: seed)
    options.overlayBytesMax = 16 << 20
    options.journalSegmentBytes = 1 << 20
    let region = TestRegion(options)
    let cluster = region.cluster
    let clients = AddingClients(cluster, table: try region.makeTable(), count: 6, expression: try .addOne())
    clients.start()
    cluster.run(for: .seconds(1))
    let full = try #require(leader(region))
    cluster.limitDisk(full, bytesLeft: 0)
    #expect(cluster.run(for: .seconds(60)) { cluster.node(full)?.isDiskFull == true })
    // A first try may be in vain, where the others have yet to take what this one sent.
    #expect(cluster.run(for: .seconds(4)) { cluster.node(full)?.leadsAnything == false })
    cluster.run(for: .milliseconds(200))
    #expect(clients.failed == 0 && clients.unknown == 0)
    // One that leads nothing, if there is one: what it led would need an election first.
    let others = cluster.nodeIDs.filter { $0 != full }
    let third = try #require(others.first { cluster.node($0)?.leadsAnything == false } ?? others.last)
    cluster.kill(third)
    let before = clients.acknowledged
    cluster.run(for: .seconds(2))
    #expect(clients.acknowledged > before + 100)
    #expect(clients.failed == 0 && clients.unknown == 0)
    cluster.start(third)
    cluster.run(for: .seconds(2))
    cluster.limitDisk(full, bytesLeft: nil)
    clients.isRunning = false
    region.settle()
    #expect(cluster.node(full)?.isDiskFull == false)
    #expect(clients.violations == [])
    region.compareReplicas()
  }

  /// Others sync in time while the leader's own disk takes seconds: without a hand-over nothing would be answered.
  @Test(arguments: UInt64(410)..<412) func aLeaderOnASlowDiskHandsOver(seed: UInt64) throws {
    let region = TestRegion(SimulationOptions(seed: seed))
    let table = try region.makeTable()
    let clients = AddingClients(region.cluster, table: table, count: 6, expression: try .addOne())
    clients.start()
    region.cluster.run(for: .seconds(1))
    let slow = try #require(leader(region))
    region.cluster.slowDown(slow, by: .seconds(3))
    region.cluster.run(for: .seconds(2))
    let before = clients.acknowledged
    region.cluster.run(for: .seconds(5))
    #expect(clients.acknowledged > before + 500)
    #expect(region.cluster.node(slow)?.ledShards == [])
    #expect(clients.violations == [])
  }
}
