import Environment
import Journal
import Messages
import Node
import SimulatedDisk
import Testing

/// A data directory belongs to one node of one cluster.
@Suite struct DataDirectoryTests {
  /// A node that ran and was stopped, with a write in its log.
  private func used() throws -> TestNode {
    let node = TestNode()
    try node.start()
    let table = try node.makeTable()
    #expect(node.ask(.write(.put(table, "a")))?.isWritten == true)
    node.kill()
    return node
  }

  /// The one line with which a node refuses to start.
  private func refusal(_ node: TestNode) -> String? {
    do {
      try node.start()
      return nil
    } catch {
      guard let failure = error as? NodeFailure else { return "The error is no NodeFailure: \(error)" }
      #expect(!failure.description.contains("\n"))
      #expect(failure.description.hasSuffix("."))
      return failure.description
    }
  }

  @Test func theDirectoryOfAnotherClusterIsRefused() throws {
    let node = try used()
    node.configuration.cluster = "ffffffffffffffffffffffffffffffff"
    let text = try #require(refusal(node))
    #expect(text.contains(TestNode.cluster) && text.contains("/data"))
  }

  @Test func theDirectoryOfAnotherNodeIsRefused() throws {
    let node = try used()
    node.configuration.node = NodeID(2)
    node.configuration.nodes = [NodeID(1), NodeID(2)]
    let text = try #require(refusal(node))
    #expect(text.contains("node 1") && text.contains("node 2"))
  }

  @Test func anotherLayoutIsRefused() throws {
    let node = try used()
    let old = node.configuration
    node.configuration.shards = 2
    #expect(try #require(refusal(node)).contains("2 shards"))
    node.configuration = old
    node.configuration.founders = [NodeID(1), NodeID(2)]
    #expect(try #require(refusal(node)).contains("nodes 1, 2"))
    node.configuration = old
    node.configuration.replication = 3
    #expect(try #require(refusal(node)).contains("3 replicas"))
    node.configuration = old
    #expect(refusal(node) == nil, "A refusal changes nothing.")
  }

  @Test func aNewerFormatIsRefusedByName() throws {
    let node = try used()
    // The format's lowest byte.
    node.disk.flipBit(2, of: "/data/identity", at: 10)
    let text = try #require(refusal(node))
    #expect(text.contains("format 6") && text.contains("1 to 3"))
  }

  @Test func aDamagedIdentityIsRefusedWhereverItIsDamaged() throws {
    let node = try used()
    let length = try #require(node.disk.content("/data/identity")).count
    for offset in 0..<length {
      node.disk.flipBit(5, of: "/data/identity", at: offset)
      let text = try #require(refusal(node), "Byte \(offset) is checked.")
      #expect(text.contains("/data/identity"))
      node.disk.flipBit(5, of: "/data/identity", at: offset)
    }
    #expect(refusal(node) == nil)
  }

  /// Without its identity a node would start blank: it would vote again in old terms and lose what it acknowledged.
  @Test func aUsedDirectoryWithoutItsIdentityIsRefused() throws {
    let node = try used()
    try node.disk.remove("/data/identity")
    #expect(try #require(refusal(node)).contains("no identity"))
  }

  @Test func aDirectoryInUseIsRefused() throws {
    let first = TestNode()
    try first.start()
    let second = TestNode(disk: first.disk)
    #expect(try #require(refusal(second)).contains("in use"))
    first.kill()
    #expect(refusal(second) == nil)
  }

  @Test func aMissingJournalIsNotANewOne() throws {
    let node = try used()
    for path in node.disk.paths where path.hasPrefix("/data/journal/") { try node.disk.remove(path) }
    try node.start()
    #expect(node.running.status.allSatisfy { !$0.isHealthy })
    #expect(node.running.damage.count == 2)
  }

  /// Power may go at any step of a node's first start; the next start begins again or goes on.
  @Test func aFirstStartThatWasCutOffIsStartedAnew() throws {
    var cuts = 0
    for changes in 0... {
      let node = TestNode()
      node.disk.stop(afterChanges: changes)
      let isStarted = (try? node.start()) != nil
      if isStarted { break }
      cuts += 1
      var random = SeededRandom(seed: UInt64(changes))
      if changes % 2 == 0 { node.crash(&random) } else { node.kill() }
      try node.start()
      #expect(node.run { node.isServing }, "The node serves after a cut at change \(changes).")
      #expect(node.running.damage.isEmpty)
    }
    #expect(cuts > 20)
  }
}
