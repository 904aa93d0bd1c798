import Catalog
import Environment
import Items
import Messages
import Testing

@testable import Node

/// The leader's sweep, over a whole node.
@Suite struct ExpirySweepTests {
  private static let seconds = 1_800_000_000

  private func put(_ table: TableID, _ name: String, expiresIn seconds: Int) -> ItemWrite {
    let map = AttributeMap([
      .init(name: Array("PK".utf8), value: .text(name)),
      .init(name: Array("ttl".utf8), value: .number(Number(Self.seconds + seconds))),
    ])
    return ItemWrite(
      key: RowKey(table: table, partition: .text(name), sort: nil), action: .put(EncodedItem(map)))
  }

  private func tableWithExpiry(_ node: TestNode) throws -> TableID {
    let id = try node.makeTable()
    let table = try #require(node.running.catalog?.table(id))
    var definition = table.definition
    definition.timeToLive = Array("ttl".utf8)
    _ = try node.command(.alterTable(TableAlteration(of: table, to: definition, atMs: 0)))
    #expect(node.run { node.status(of: "patients") == .active })
    return id
  }

  /// What a strong read of the whole table shows.
  private func names(_ node: TestNode, _ table: TableID) -> Set<String> {
    let all = RangeRead(
      lower: RowKey(table: table, hash: 0), upper: RowKey(table: TableID(table.rawValue + 1), hash: 0),
      consistent: true)
    guard case .page(let page)? = node.ask(.range(all)) else { return ["no answer"] }
    return Set(
      page.items.map { item in
        guard case .string(let name)? = try? item.value(named: Array("PK".utf8)) else { return "no name" }
        return String(decoding: name, as: UTF8.self)
      })
  }

  /// More than one slice holds.
  @Test func whatHasExpiredIsGoneWithinSeconds() throws {
    let node = TestNode()
    node.configuration.overlayBytesMax = 8 << 20
    node.configuration.storageFlushBytesMin = 8 << 20
    try node.start()
    let table = try tableWithExpiry(node)
    let all = (0..<3 * ExpirySweeper.rowsMax / 2).map { "k\($0)" }
    let asked = all.enumerated().map { number, name in
      node.submit(.write(put(table, name, expiresIn: number % 3 == 0 ? -60 : 60)))
    }
    #expect(node.run { asked.allSatisfy { node.answers[$0]?.isWritten == true } })
    node.run(ticks: 300)
    #expect(names(node, table) == Set(all), "Without a wall clock nothing expires.")
    node.wallTimeMs = UInt64(Self.seconds) * 1_000
    node.run(ticks: 300)
    #expect(names(node, table) == Set(all.enumerated().filter { $0.offset % 3 != 0 }.map(\.element)))
    node.wallTimeMs = UInt64(Self.seconds + 61) * 1_000
    node.run(ticks: 300)
    #expect(names(node, table).isEmpty)
  }

  /// Every write that was acknowledged before the item expired again counts.
  @Test func anItemThatIsExtendedAgainAndAgainNeverGoes() throws {
    let node = TestNode()
    try node.start()
    let table = try tableWithExpiry(node)
    node.wallTimeMs = UInt64(Self.seconds) * 1_000
    for round in 1...60 {
      #expect(node.ask(.write(put(table, "a", expiresIn: round)))?.isWritten == true)
      #expect(names(node, table) == ["a"])
      node.wallTimeMs = UInt64(Self.seconds + round - 1) * 1_000
      node.run(ticks: 10)
    }
  }
}
