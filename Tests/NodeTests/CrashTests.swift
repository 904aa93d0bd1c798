import Catalog
import Environment
import Journal
import Messages
import Raft
import Replicas
import SimulatedDisk
import Store
import Testing

@testable import Node

/// The process ends between every two steps that it makes on its disk: nothing is lost, nothing is doubled.
@Suite struct CrashTests {
  private static let keys = 4
  private static let rounds = 14

  /// What clients know of each counter.
  private struct Knowledge {
    var acknowledged = [Int](repeating: 0, count: keys)
    var sent = [Int](repeating: 0, count: keys)
  }

  /// A disk on which a node with a table once ran.
  private func used() throws -> (disk: SimulatedDisk, table: TableID) {
    let node = TestNode(Self.configuration)
    try node.start()
    let table = try node.makeTable()
    node.run(ticks: 60)
    node.kill()
    return (node.disk, table)
  }

  /// Small enough that one run flushes, checkpoints and drops log several times.
  private static var configuration: NodeConfiguration {
    var configuration = TestNode.configuration()
    configuration.journal = JournalConfiguration(segmentBytes: 8_192)
    configuration.journalBytesMax = 16 << 10
    configuration.overlayBytesMax = 8 << 10
    configuration.storageFlushBytesMin = 3 << 10
    configuration.idleFlushDelay = .milliseconds(100)
    return configuration
  }

  @Test(arguments: [true, false]) func nothingIsLostAndNothingIsDoubled(isPowerCut: Bool) throws {
    let (disk, table) = try used()
    var changes = 0
    var flushed = 0
    while true {
      let node = TestNode(Self.configuration, disk: disk.copy())
      node.order = SeededRandom(seed: isPowerCut ? 5 : 6)
      node.disk.stop(afterChanges: changes)
      var known = Knowledge()
      if (try? node.start()) != nil { try work(node, table, &known) }
      guard node.disk.isStopped else {
        flushed = Int(node.running.replica(GroupID(1))?.store.durable.index ?? 0)
        break
      }
      var random = SeededRandom(seed: UInt64(changes))
      if isPowerCut { node.crash(&random) } else { node.kill() }
      try check(node, table, known, "after \(changes) changes")
      changes += 1
    }
    #expect(changes > 150, "The run had \(changes) steps.")
    #expect(flushed > Self.keys * Self.rounds, "The run flushed and checkpointed everything.")
  }

  private func work(_ node: TestNode, _ table: TableID, _ known: inout Knowledge) throws {
    for _ in 0..<Self.rounds {
      var requests: [UInt64] = []
      for key in 0..<Self.keys {
        guard node.run(ticks: 100, until: { node.isServing }) else { return }
        known.sent[key] += 1
        requests.append(node.submit(.write(try .count(table, "k\(key)", filler: 400))))
      }
      node.run(ticks: 100) { node.disk.isStopped || requests.allSatisfy { node.answers[$0] != nil } }
      for (key, request) in requests.enumerated() where node.answers[request]?.isWritten == true {
        known.acknowledged[key] += 1
      }
      if node.disk.isStopped || node.failure != nil { return }
    }
    guard let store = node.node?.replica(GroupID(1))?.store else { return }
    node.run(ticks: 300) { node.disk.isStopped || store.durable == store.applied }
    node.run(ticks: 3) { node.disk.isStopped }
  }

  private func check(_ node: TestNode, _ table: TableID, _ known: Knowledge, _ when: String) throws {
    try node.start()
    #expect(node.running.damage.isEmpty, "\(when)")
    #expect(node.run { node.isServing }, "\(when)")
    for key in 0..<Self.keys {
      let counter = try #require(node.ask(.read(table, "k\(key)"))?.counter)
      #expect(counter >= known.acknowledged[key] && counter <= known.sent[key], "\(when), counter \(key)")
    }
  }
}
