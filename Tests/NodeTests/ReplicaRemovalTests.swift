import Catalog
import Environment
import Messages
import Node
import Testing

/// What the metadata group's leader tells, and hears of, other regions.
@Suite struct ReplicaRemovalTests {
  private static func configure(_ configuration: inout NodeConfiguration) {
    configuration.regions = [NodeConfiguration.Region(name: "eu", nodes: [NodeID(1)])]
  }

  private func alteration(_ table: Table, _ others: [String]) -> CatalogCommand {
    var definition = table.definition
    definition.replicas = others.isEmpty ? nil : ReplicaRegions(own: "us", others: others)
    return .alterTable(TableAlteration(of: table, to: definition, atMs: 5))
  }

  /// Else a replica that was removed and added again since could be given up.
  @Test func aLeaderThatStoodStillTellsOtherRegionsNothing() throws {
    let cluster = TestCluster(change: Self.configure)
    try cluster.start()
    let id = try cluster.makeTable()
    #expect(cluster.run { cluster.nodes.allSatisfy { $0.running.catalog?.release == Catalog.newestRelease } })
    let old = try #require(cluster.leader(of: .metadata))
    let table = try #require(old.running.catalog?.table(id))
    _ = cluster.ask(.catalogCommand(alteration(table, ["eu"]).encode()), shard: .metadata)
    func tells(_ node: TestNode) -> Bool {
      node.regional.contains {
        if case .catalogCommand = $0.request.operation { return true }
        return false
      }
    }
    #expect(cluster.run { tells(old) })

    cluster.pause(old.id)
    #expect(cluster.run { cluster.leader(of: .metadata) != nil })
    #expect(cluster.run { tells(cluster.leader(of: .metadata)!) })
    // Longer than a lease may be.
    _ = cluster.run(ticks: 100)
    _ = cluster.resume(old.id)
    old.regional = []
    // What waited in its sockets comes before its clock is looked at.
    old.running.received([], from: NodeID(1), of: "eu", now: old.now)
    old.turn()
    #expect(!tells(old))
  }
}
