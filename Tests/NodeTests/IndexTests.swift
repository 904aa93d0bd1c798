import Catalog
import Environment
import Items
import Messages
import Raft
import Replicas
import Shards
import Store
import Testing

@testable import Node

/// Global indexes over three nodes and four shards: changes go from the leaders of items to the leaders of rows.
@Suite struct IndexTests {
  private func cluster(_ change: (inout NodeConfiguration) -> Void = { _ in }) throws -> TestCluster {
    let cluster = TestCluster(shards: 4, change: change)
    try cluster.start()
    return cluster
  }

  @Test func anIndexFollowsItsTableWhateverShardHasTheRows() throws {
    let table = try IndexedTable(cluster(), indexes: ["all", "keys"])
    for number in 0..<24 { table.put("i\(number)", number % 5 == 0 ? nil : "g\(number % 7)") }
    for number in 0..<8 { table.put("i\(number)", "g\(number % 3)") }
    for number in 8..<12 { table.delete("i\(number)") }
    #expect(try table.settle("all") == [])
    #expect(try table.settle("keys") == [])
    #expect(try table.rows(try table.layout("all").id).count >= 16)
  }

  @Test func whatHasArrivedEverywhereLeavesTheFeed() throws {
    let cluster = try cluster()
    let table = try IndexedTable(cluster)
    for number in 0..<12 { table.put("i\(number)", "g") }
    let isTrimmed = cluster.run {
      cluster.nodes.allSatisfy { node in
        node.running.replicas.allSatisfy { replica in
          guard let shard = replica.shard else { return true }
          return (try? shard.records(of: table.id, after: 0, countMax: 1, bytesMax: 1).isEmpty) ?? false
        }
      }
    }
    #expect(isTrimmed, "On every replica, by entries of the log.")
    #expect(cluster.nodes.contains { $0.running.indexChangesCarried > 0 })
    // Nothing is left to do, and nothing is done: an idle index costs no entries.
    let before = cluster.nodes.map { $0.running.status.map(\.logIndex) }
    _ = cluster.run(ticks: 100)
    #expect(cluster.nodes.map { $0.running.status.map(\.logIndex) } == before)
  }

  /// An entry that a leader could not apply is missing in its feed. Sending what comes behind it would let the other shards
  /// take the next leader's records for repeats: rows would stay that no item has.
  @Test func aLeaderWithAHoleInItsFeedServesNothingFromThatMomentOn() throws {
    let cluster = try cluster()
    let table = try IndexedTable(cluster)
    for number in 0..<8 { table.put("i\(number)", "g") }
    let led = cluster.nodes.flatMap { $0.running.replicas }.filter { $0.isServing && $0.shard != nil }
    #expect(led.count == 4)
    for replica in led {
      replica.shard?.cannotRead(TestFailure("a page is damaged"))
      #expect(!replica.isServing)
    }
    #expect(try table.settle("all") == [], "Others lead, and the damaged replicas are made anew.")
  }

  @Test func theNextLeaderGoesOnWhereTheOthersStand() throws {
    let cluster = try cluster()
    let table = try IndexedTable(cluster)
    for round in 0..<4 {
      for number in 0..<6 { table.put("i\(number)", "g\(round)-\(number % 2)") }
      // In the middle of it: what has left may or may not have arrived.
      let victim = cluster.nodes[round % 3]
      victim.kill()
      for number in 6..<10 { table.put("i\(number)", "g\(round)") }
      try victim.start()
      #expect(cluster.run { cluster.nodes.allSatisfy { $0.running.isReady } })
    }
    #expect(try table.settle("all") == [])
  }

  /// TRAPS 17 over the wire: the batches of a leader arrive once more, long after its successor's.
  @Test func batchesThatComeAgainChangeNothing() throws {
    let cluster = try cluster()
    let table = try IndexedTable(cluster)
    var sent: [(node: NodeID, request: Request)] = []
    cluster.onRequest = { node, request in
      if case .index = request.operation { sent.append((node, request)) }
    }
    for group in ["k1", "k2", "k1", "k3"] { for number in 0..<6 { table.put("i\(number)", group) } }
    for number in 0..<3 { table.delete("i\(number)") }
    #expect(try table.settle("all") == [])
    #expect(!sent.isEmpty)
    cluster.onRequest = nil
    for (node, request) in sent {
      cluster[node].node?.received([request], connection: TestNode.connection, now: cluster[node].now)
      cluster[node].turn()
    }
    _ = cluster.run(ticks: 20)
    #expect(try table.faults("all") == [])
  }

  @Test func anIndexOfATableWithItemsIsActiveOnceItIsFilled() throws {
    let cluster = try cluster()
    let table = try IndexedTable(cluster, indexes: [])
    for number in 0..<40 { table.put("i\(number)", number % 4 == 0 ? nil : "g\(number % 3)") }
    try table.change(indexes: ["all"])
    for number in 0..<6 { table.put("i\(number)", "new") }
    for number in 30..<33 { table.delete("i\(number)") }
    #expect(cluster.run { table.isActive("all") })
    #expect(try table.settle("all") == [])
  }

  @Test func fillingSurvivesTheLossOfLeaders() throws {
    let cluster = try cluster()
    let table = try IndexedTable(cluster, indexes: [])
    for number in 0..<30 { table.put("i\(number)", "g\(number % 3)") }
    try table.change(indexes: ["all"])
    for victim in cluster.nodes {
      _ = cluster.run(ticks: 3)
      victim.kill()
      table.put("i1", "\(victim.id)")
      try victim.start()
      #expect(cluster.run { cluster.nodes.allSatisfy { $0.running.isReady } })
    }
    #expect(cluster.run { table.isActive("all") })
    #expect(try table.settle("all") == [])
  }

  @Test func anIndexThatIsDroppedLeavesNoRows() throws {
    let cluster = try cluster()
    let table = try IndexedTable(cluster, indexes: ["all", "keys"])
    for number in 0..<12 { table.put("i\(number)", "g") }
    #expect(try table.settle("all") == [])
    let id = try table.layout("all").id
    try table.change(indexes: ["keys"])
    #expect(cluster.run { table.table?.index(named: "all") == nil })
    table.put("i1", "other")
    #expect(try table.settle("keys") == [])
    let isGone = cluster.run {
      cluster.nodes.allSatisfy { node in
        node.running.replicas.allSatisfy { replica in
          guard replica.shard != nil else { return true }
          var isEmpty = true
          try? replica.store.scan(
            from: RowKey(table: id, hash: 0).bytes, to: RowKey(table: TableID(id.rawValue + 1), hash: 0).bytes
          ) { _, _ in
            isEmpty = false
            return .stop
          }
          return isEmpty
        }
      }
    }
    #expect(isGone)
  }

  @Test func changesMayBeHeldBack() throws {
    let cluster = try cluster { $0.indexDelay = .milliseconds(400) }
    let table = try IndexedTable(cluster)
    table.put("i1", "g")
    _ = cluster.run(ticks: 20)
    #expect(try table.faults("all") == ["the item i1 has no row"])
    let lag = cluster.nodes.flatMap { node in node.running.ledShards.map { node.running.indexBacklog(of: $0) } }
    #expect(lag.contains { $0.changes == 1 && $0.lag >= .milliseconds(100) })
    _ = cluster.run(ticks: 40)
    #expect(try table.faults("all") == [])
  }
}
