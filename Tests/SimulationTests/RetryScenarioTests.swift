import Environment
import Expressions
import Node
import Simulation
import Testing

/// A change whose answer is lost is sent again, and applied once.
@Suite struct RetryScenarioTests {
  private func adders(_ region: TestRegion) throws -> AddingClients {
    let table = try region.makeTable()
    return AddingClients(region.cluster, table: table, count: 6, expression: try .addOne())
  }

  /// Machines lose power or their processes while every client adds one at a time: no addition counts twice, none that
  /// was acknowledged is missing.
  @Test(arguments: UInt64(300)..<304) func additionsCountOnceThroughCrashes(seed: UInt64) throws {
    var options = SimulationOptions(seed: seed)
    options.lossPerMille = 20
    options.duplicatesPerMille = 20
    let region = TestRegion(options)
    let clients = try adders(region)
    clients.start()
    region.crashSometimes(6)
    region.cluster.run(for: .seconds(2))
    #expect(clients.violations == [])
    #expect(clients.acknowledged > 300)
  }

  /// A leader that was killed is no failure for a client: its writes are sent to the next leader.
  @Test(arguments: UInt64(320)..<322) func aMovedLeaderShowsAClientNothing(seed: UInt64) throws {
    let region = TestRegion(SimulationOptions(seed: seed))
    let clients = try adders(region)
    clients.start()
    for _ in 0..<4 {
      region.cluster.run(for: .seconds(1))
      guard let victim = region.cluster.nodeIDs.first(where: { region.cluster.node($0)?.ledShards.isEmpty == false })
      else { continue }
      region.cluster.kill(victim)
      region.cluster.run(for: .seconds(1))
      region.cluster.start(victim)
    }
    region.cluster.run(for: .seconds(2))
    #expect(clients.violations == [])
    #expect(clients.unknown == 0)
    #expect(clients.acknowledged > 500)
  }

  /// A leader without its followers holds its writes until it is deposed; the next one takes them once.
  @Test(arguments: UInt64(330)..<332) func aCutOffLeaderLosesNoWrite(seed: UInt64) throws {
    let region = TestRegion(SimulationOptions(seed: seed))
    let clients = try adders(region)
    clients.start()
    for _ in 0..<3 {
      region.cluster.run(for: .milliseconds(700))
      let alone = region.cluster.nodeIDs.first { region.cluster.node($0)?.ledShards.isEmpty == false }
      guard let alone else { continue }
      region.cluster.partition([[alone], region.cluster.nodeIDs.filter { $0 != alone }])
      region.cluster.run(for: .milliseconds(2_500))
      region.cluster.heal()
    }
    region.cluster.run(for: .seconds(3))
    #expect(clients.violations == [])
    #expect(clients.unknown == 0)
  }
}
