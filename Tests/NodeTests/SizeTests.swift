import Catalog
import Environment
import Items
import Messages
import Testing

@testable import Node

/// What a node says of how much it holds, against what was written.
@Suite struct SizeTests {
  /// Two slices and a part of one.
  private static let rows = SizeKeeper.rowsMax * 5 / 2

  private func roomy() -> TestNode {
    let node = TestNode()
    node.configuration.overlayBytesMax = 8 << 20
    node.configuration.storageFlushBytesMin = 8 << 20
    return node
  }

  /// Some at a time: a node refuses what its log has no room for yet.
  private func write(_ node: TestNode, _ writes: [ItemWrite]) {
    for start in stride(from: 0, to: writes.count, by: 100) {
      let asked = writes[start..<min(start + 100, writes.count)].map { node.submit(.write($0)) }
      #expect(node.run { asked.allSatisfy { node.answers[$0]?.isWritten == true } })
    }
  }

  private func size(_ node: TestNode, _ table: TableID) -> TableSize? {
    guard case .sizes(let sizes)? = node.ask(.sizes([table])) else { return nil }
    return sizes.first
  }

  private func bytes(_ names: [String], _ payload: Int) -> UInt64 {
    names.reduce(0) { $0 + UInt64(ItemWrite.item($1, [UInt8](repeating: 0, count: payload)).sizeBytes) }
  }

  private func pass(_ seconds: UInt64, _ node: TestNode) { node.run(ticks: Int(seconds) * 100) }

  @Test func afterAQuietMomentTheyAreExact() throws {
    let node = roomy()
    try node.start()
    let table = try node.makeTable()
    let names = (0..<Self.rows).map { "k\($0)" }
    write(node, names.map { .put(table, $0, [UInt8](repeating: 0, count: 5)) })
    pass(3, node)
    #expect(size(node, table) == TableSize(rows: UInt64(names.count), bytes: bytes(names, 5)))

    let kept = Array(names.dropFirst(7))
    write(
      node,
      names.prefix(7).map { ItemWrite(key: RowKey(table: table, partition: .text($0), sort: nil), action: .delete) })
    write(node, kept.map { .put(table, $0, [UInt8](repeating: 0, count: 9)) })
    pass(3, node)
    #expect(size(node, table) == TableSize(rows: UInt64(kept.count), bytes: bytes(kept, 9)))
    #expect(size(node, TableID(table.rawValue + 100)) == TableSize())
  }

  /// Nothing of it is stored: data directories of every age will do.
  @Test func aNodeThatStartsAnewCountsAnew() throws {
    let node = roomy()
    try node.start()
    let table = try node.makeTable()
    write(node, ["a", "b", "c"].map { .put(table, $0) })
    pass(2, node)
    node.kill()
    try node.start()
    #expect(node.run { node.isServing })
    pass(2, node)
    #expect(size(node, table) == TableSize(rows: 3, bytes: bytes(["a", "b", "c"], 0)))
  }

  @Test func writesWithoutAPauseDoNotPutACountOffForEver() throws {
    let node = roomy()
    try node.start()
    let table = try node.makeTable()
    for _ in 0..<150 {
      write(node, [.put(table, "same")])
      node.run(ticks: 50)
    }
    #expect(size(node, table)?.rows == 1)
  }
}
