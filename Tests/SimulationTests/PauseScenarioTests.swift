import Environment
import Messages
import Node
import Simulation
import Testing

@Suite struct PauseScenarioTests {
  /// A process that stands still and goes on takes itself for the leader until it hears otherwise.
  @Test(arguments: UInt64(400)..<403) func aPausedLeaderNeverGivesAStaleStrongRead(seed: UInt64) throws {
    let region = TestRegion(SimulationOptions(seed: seed))
    let cluster = region.cluster
    let clients = CounterClients(cluster, table: try region.makeTable(), count: 8)
    clients.start()
    var deposed = 0
    for _ in 0..<5 {
      cluster.run(for: .milliseconds(300 + region.random.below(500)))
      let victim = cluster.nodeIDs.first { cluster.node($0)?.ledShards.isEmpty == false } ?? cluster.nodeIDs[0]
      let led = cluster.node(victim)?.ledShards ?? []
      cluster.pause(victim)
      cluster.run(for: .milliseconds(100 + region.random.below(2_500)))
      let others = cluster.nodeIDs.filter { $0 != victim }.compactMap { cluster.node($0) }
      // Both believe that they lead at this moment.
      deposed += led.filter { shard in others.contains { $0.ledShards.contains(shard) } }.count
      cluster.resume(victim)
    }
    clients.isRunning = false
    region.settle()
    var isRead = false
    clients.readAll { isRead = true }
    #expect(cluster.run(for: .seconds(20)) { isRead })
    #expect(clients.violations == [])
    #expect(clients.acknowledged > 100 && deposed > 0, "A thin run proves nothing.")
    region.compareReplicas()
  }

  /// The sum is that of the state at its entry, although replicas apply in batches of different sizes.
  @Test(arguments: UInt64(420)..<422) func checksumsAgreeUnderLoad(seed: UInt64) throws {
    let region = TestRegion(SimulationOptions(seed: seed))
    let clients = CounterClients(region.cluster, table: try region.makeTable(), count: 32)
    clients.start()
    for _ in 0..<5 {
      region.cluster.run(for: .milliseconds(200))
      region.compareReplicas()
    }
    #expect(clients.acknowledged > 500)
  }
}
