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

  /// The other region's catalog: it has the table, and another replica of it from that time on.
  private func there(of table: Table, isProtected: Bool, addedAtMs: UInt64?) throws -> Catalog {
    var catalog = Catalog()
    _ = catalog.apply(.useRelease(Catalog.newestRelease))
    var definition = try #require(table.definition(in: "eu"))
    definition.deletionProtection = isProtected
    _ = catalog.apply(.ensureReplica(definition, createdAtMs: 1, uniqueID: table.uniqueID))
    _ = catalog.apply(.activate(TableID(1), version: 1))
    guard let addedAtMs else { return catalog }
    definition.replicas = ReplicaRegions(own: "eu", others: ["ap", "us"])
    let made = try #require(catalog.table(TableID(1)))
    _ = catalog.apply(.alterTable(TableAlteration(of: made, to: definition, atMs: addedAtMs)))
    return catalog
  }

  /// Answers what the node wants to know of the other region's tables.
  private func tell(_ node: TestNode, _ catalog: Catalog) {
    func question() -> (region: String, node: NodeID, request: Request)? {
      node.regional.last {
        if case .catalogRead = $0.request.operation { return true }
        return false
      }
    }
    node.regional = []
    #expect(node.run { question() != nil })
    guard let asked = question() else { return }
    let answer = Response(id: asked.request.id, term: 1, answer: .catalog(catalog.encode()))
    node.running.received([answer], from: asked.node, of: asked.region, now: node.now)
    node.turn()
  }

  @Test func aReplicaThatItsOwnRegionKeepsIsNotRemovedFromAnother() throws {
    var configuration = TestNode.configuration()
    Self.configure(&configuration)
    let node = TestNode(configuration)
    node.wallTimeMs = 1_000
    try node.start()
    let id = try node.makeTable()
    #expect(node.run { node.running.catalog?.release == Catalog.newestRelease })
    var table: Table { node.running.catalog!.table(id)! }
    _ = try node.command(alteration(table, ["eu"]))
    #expect(node.run { table.status == .active })

    tell(node, try there(of: table, isProtected: true, addedAtMs: nil))
    #expect(try node.command(alteration(table, [])) == .deletionProtected)
    tell(node, try there(of: table, isProtected: false, addedAtMs: 900))
    #expect(try node.command(alteration(table, [])) == .actedAsSource)
    #expect(table.replicas.map(\.status) == [.creating])

    // What a region that is away was last seen to be may never change.
    node.run(ticks: 600)
    guard case .table = try node.command(alteration(table, [])) else {
      Issue.record("The replica of a region that is away stays.")
      return
    }
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
