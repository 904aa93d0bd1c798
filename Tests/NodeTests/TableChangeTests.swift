import Bytes
import Catalog
import Messages
import Raft
import Replicas
import Shards
import Testing

@testable import Node

/// What the catalog says of a table reaches its shards, over restarts too.
@Suite struct TableChangeTests {
  private func settings(_ node: TestNode, _ table: TableID) -> [TableSettings?] {
    (1...node.configuration.shards).map { shard in
      node.running.replica(GroupID(ShardID(UInt32(shard))))?.shard?.settings(of: table)
    }
  }

  @Test func aTableIsActiveAgainOnceItsShardsHaveTheNewSettings() throws {
    let node = TestNode(TestNode.configuration(shards: 3))
    try node.start()
    let id = try node.makeTable()
    let table = try #require(node.running.catalog?.table(id))
    var definition = table.definition
    definition.timeToLive = Array("ttl".utf8)
    let alteration = TableAlteration(of: table, to: definition, atMs: 7)
    guard case .table(let altered) = try node.command(.alterTable(alteration)) else {
      Issue.record("The change was refused.")
      return
    }
    #expect(altered.status == .updating)
    #expect(node.run { node.status(of: "patients") == .active })
    #expect(settings(node, id) == Array(repeating: altered.settings, count: 3))
    node.kill()
    try node.start()
    #expect(node.run { node.isServing })
    #expect(settings(node, id) == Array(repeating: altered.settings, count: 3))
  }

  /// An earlier build's `CreateTable` of `t` with the key PK and a global index `a` on it.
  private var earlierCommand: [UInt8] {
    var writer = ByteWriter()
    let key: [UInt8] = [2, 80, 75, 1]
    writer.raw([2, 1, 116] + key + [0])
    writer.raw([1] + key + [2, 0])
    writer.raw([1, 1, 97, 1] + key + [0, 1, 0, 0])
    writer.raw([0, 1, 0, 0])
    writer.u64(55)
    writer.blob([UInt8](repeating: 7, count: 16))
    return writer.bytes
  }

  @Test func indexesOfAnEarlierBuildGetIdsByThemselves() throws {
    let node = TestNode(TestNode.configuration(shards: 2))
    try node.start()
    #expect(node.run { node.isServing })
    _ = node.ask(.catalogCommand(earlierCommand), shard: .metadata)
    #expect(node.run { node.running.catalog?.table(named: "t")?.settingsVersion ?? 0 > 0 })
    #expect(node.run { node.status(of: "t") == .active })
    let table = try #require(node.running.catalog?.table(named: "t"))
    #expect(table.indexes.map(\.status) == [.creating] && table.settings.indexes.count == 1)
    #expect(settings(node, table.id) == Array(repeating: table.settings, count: 2))
  }
}
