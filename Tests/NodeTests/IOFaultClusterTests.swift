import Environment
import SimulatedDisk
import Testing

@testable import Node

/// The disk of one of three nodes fails once, at any call: the others go on, nobody gets a wrong answer, and the node has
/// everything once it is started again.
@Suite struct IOFaultClusterTests {
  private func trace(victimLeads: Bool, seed: UInt64) throws -> [DiskOperation] {
    let run = try IOFaultCluster(victimLeads: victimLeads, seed: seed)
    var operations: [DiskOperation] = []
    run.beforeStart = { $0.beforeOperation = { operations.append($0) } }
    run.goThrough()
    #expect(run.reason == nil)
    let taken = operations
    run.read()
    return taken
  }

  private func check(_ run: IOFaultCluster, _ place: Int, _ when: String) throws {
    run.read()
    if run.victim.node == nil { run.start() }
    if let reason = run.reason { Issue.record("\(when): \(reason)") }
    for node in run.cluster.nodes { #expect(node.running.damage.isEmpty, "\(when)") }
    run.compare(when)
    run.read()
    try run.restartAll(seed: UInt64(place))
    run.read()
    run.compare("\(when), then no power")
    for node in run.cluster.nodes { #expect(node.running.damage.isEmpty, "\(when)") }
  }

  @Test(arguments: DiskFault.allCases, [true, false])
  func everyCallOfOneNodeFailsOnce(fault: DiskFault, victimLeads: Bool) throws {
    let seed: UInt64 = victimLeads ? 1 : 2
    let operations = try trace(victimLeads: victimLeads, seed: seed)
    let places = operations.indices.filter { fault.concerns(operations[$0]) }
    var stopped = 0
    for place in stride(from: 0, to: places.count, by: IOFaultTests.step(31)) {
      let run = try IOFaultCluster(victimLeads: victimLeads, seed: seed)
      let number = places[place] + 1
      run.powerCut = place % 2 == 0 ? SeededRandom(seed: UInt64(place)) : nil
      run.beforeStart = { $0.failOperation($0.counters.operations + number, with: fault) }
      run.goThrough()
      let when = "call \(number), \(operations[number - 1]): \(run.reason ?? "went on")"
      #expect(run.victim.disk.counters.faults == 1, "\(when)")
      if run.reason != nil { stopped += 1 }
      try check(run, place, when)
    }
    #expect(stopped > 0)
  }

  @Test(arguments: [true, false], [true, false])
  func oneNodeCrashesBeforeEveryChange(isPowerCut: Bool, victimLeads: Bool) throws {
    let seed: UInt64 = victimLeads ? 1 : 2
    let changes = try trace(victimLeads: victimLeads, seed: seed).count(where: \.isChange)
    for change in stride(from: 0, to: changes, by: IOFaultTests.step(31)) {
      let run = try IOFaultCluster(victimLeads: victimLeads, seed: seed)
      run.powerCut = isPowerCut ? SeededRandom(seed: UInt64(change)) : nil
      // Killing it before the run ends what was ordered before.
      run.beforeStart = { $0.stop(afterChanges: change) }
      run.goThrough()
      #expect(run.reason != nil)
      try check(run, change, "change \(change)")
    }
  }
}
