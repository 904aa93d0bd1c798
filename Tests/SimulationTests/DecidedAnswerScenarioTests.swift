import Coordinator
import Environment
import Expressions
import Items
import Messages
import Node
import Simulation
import Testing

/// Found by seed 223: an answer that tells of a proposal was given on the second repetition before that was committed.
@Suite struct DecidedAnswerScenarioTests {
  @Test(arguments: UInt64(600)..<603) func aRepeatedConditionWaitsForTheProposalThatItSaw(seed: UInt64) throws {
    var options = SimulationOptions(seed: seed)
    options.shards = 1
    let region = TestRegion(options)
    let table = try region.makeTable()
    let row = key(table, "a")
    func put(_ value: Int) -> ItemWrite { ItemWrite(key: row, action: .put(item("a", ["v": .number(Number(value))]))) }
    var isWritten = false
    region.cluster.submit(.write(put(1))) { _ in isWritten = true }
    #expect(region.cluster.run(for: .seconds(5)) { isWritten })
    let leader = try #require(region.cluster.nodeIDs.first { region.cluster.node($0)?.ledShards.isEmpty == false })
    // Followers answer heartbeats, so the leader stays; nothing is committed for a while.
    for id in region.cluster.nodeIDs where id != leader { region.cluster.slowDown(id, by: .seconds(2)) }

    var order: [String] = []
    region.cluster.submit(.write(put(2))) { _ in order.append("put") }
    region.cluster.run(for: .milliseconds(5))
    var conditional = put(3)
    var context = try context([":v": .number(Number(1))])
    conditional.condition = try Condition.parse(name("v = :v"), role: .condition, context: &context)
    conditional.returns = .onConditionFailure
    region.cluster.submit(.write(conditional)) { outcome in
      if case .conditionFailed(let old, _) = outcome, number("v", of: old) == 2 { order.append("condition") }
    }
    #expect(region.cluster.run(for: .seconds(9)) { order.count == 2 })
    #expect(order == ["put", "condition"])
  }
}
