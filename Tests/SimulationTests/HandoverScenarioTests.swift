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
