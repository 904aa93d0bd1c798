import Bytes
import Environment
import Messages
import Node
import Raft
import SimulatedDisk
import Testing

/// One step of an upgrade: what the formats before the current ones held opens whole, and what is newer than this binary
/// is refused in a sentence that names the file, with nothing changed.
@Suite struct EarlierFormatTests {
  private static let keys = (0..<20).map { "k\($0)" }

  /// A node that ran, flushed and was stopped, with more writes in its log.
  private func used() throws -> (node: TestNode, table: TableID) {
    let node = TestNode()
    try node.start()
    let table = try node.makeTable()
    for key in Self.keys { #expect(node.ask(try .write(.count(table, key, filler: 100)))?.isWritten == true) }
    node.run(ticks: 100)
    for key in Self.keys { #expect(node.ask(try .write(.count(table, key)))?.isWritten == true) }
    node.kill()
    return (node, table)
  }

  private func refusal(_ node: TestNode) -> String? {
    do { try node.start() } catch { return "\(error)" }
    return nil
  }

  private func rewrite(_ path: String, on disk: SimulatedDisk, _ change: ([UInt8]) -> [UInt8]) throws {
    let bytes = change(try #require(disk.content(path)))
    let file = try disk.open(path, create: false)
    defer { file.close() }
    try file.truncate(to: 0)
    try bytes.withUnsafeBytes { buffer in try file.write(buffer, at: 0) }
    try file.sync()
  }

  private func stores(_ disk: SimulatedDisk) -> [String] { disk.paths.filter { $0.hasSuffix("/CURRENT") } }

  /// Big-endian, as every number in these files.
  private func sealed(_ bytes: [UInt8]) -> [UInt8] {
    var writer = ByteWriter()
    writer.raw(bytes)
    writer.u32(CRC32C.checksum(bytes))
    return writer.bytes
  }

  /// Makes the directory one of the release that wrote identities and names of stores in format 1. The log had its format
  /// then already.
  private func makeEarlier(_ disk: SimulatedDisk) throws {
    try rewrite("/data/identity", on: disk) { _ in TestNode.identityOfFormat1 }
    #expect(stores(disk).count == 2, "the metadata group's and the shard's")
    for path in stores(disk) {
      try rewrite(path, on: disk) { current in sealed(Array(current[..<8]) + [0, 1] + Array(current[10..<26])) }
    }
  }

  @Test func aDirectoryOfTheFormatsBeforeOpensWithAllThatItHeld() throws {
    let (node, table) = try used()
    try makeEarlier(node.disk)
    node.configuration.storePageBytes = 8_192
    // Twice: what the first start wrote anew has to be right too.
    for _ in 0..<2 {
      try node.start()
      #expect(node.running.damage.isEmpty)
      #expect(node.run(until: { node.isServing }))
      for key in Self.keys { #expect(node.ask(.read(table, key))?.counter == 2) }
      node.kill()
    }
    #expect(try #require(node.disk.content("/data/identity"))[10] == 2, "It is brought up to date.")
  }

  @Test func aStoreOfANewerFormatIsRefusedAndNotRebuilt() throws {
    let (node, table) = try used()
    let path = try #require(stores(node.disk).last)
    let current = try #require(node.disk.content(path))
    try rewrite(path, on: node.disk) { current in
      sealed(Array(current[..<8]) + [0, 4] + Array(current[10...].dropLast(4)))
    }
    let text = try #require(refusal(node))
    #expect(text.contains(path) && text.contains("has format 4"), "\(text)")
    // Back to the binary that wrote it.
    node.kill()
    try rewrite(path, on: node.disk) { _ in current }
    try node.start()
    #expect(node.run(until: { node.isServing }))
    #expect(node.ask(.read(table, "k1"))?.counter == 2)
  }

  @Test func aLogOfANewerFormatIsRefusedAndNotTakenForDamaged() throws {
    let (node, table) = try used()
    let path = try #require(node.disk.paths.filter { $0.hasPrefix("/data/journal/") && $0.hasSuffix(".log") }.last)
    func setVersion(_ version: UInt8) throws {
      try rewrite(path, on: node.disk) { bytes in
        let header = Array(bytes[4..<12]) + [0, version] + Array(bytes[14..<512])
        var writer = ByteWriter()
        writer.u32(CRC32C.checksum(header))
        return writer.bytes + header + Array(bytes[512...])
      }
    }
    try setVersion(2)
    let text = try #require(refusal(node))
    #expect(text.contains(path) && text.contains("version 2 is newer than 1"), "\(text)")
    node.kill()
    try setVersion(1)
    try node.start()
    #expect(node.run(until: { node.isServing }))
    #expect(node.ask(.read(table, "k1"))?.counter == 2)
  }
}
