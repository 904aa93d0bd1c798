import Catalog
import Messages
import Node
import Testing

@Suite struct ChecksumTests {
  /// Replicas apply in batches of different sizes; the sum is that of the state at the entry, whatever came with it.
  @Test func theChecksumIsThatOfTheStateAtItsEntry() throws {
    let node = TestNode()
    try node.start()
    let table = try node.makeTable()
    for number in 0..<10 { #expect(node.ask(.write(.put(table, "k\(number)")))?.isWritten == true) }
    let quiet = try sum(node, at: node.submit(.checksum))
    let second = node.submit(.checksum)
    for number in 0..<10 { node.submit(.write(.put(table, "k\(number)", [1]))) }
    #expect(try sum(node, at: second) == quiet)
    #expect(try sum(node, at: node.submit(.checksum)) != quiet)
  }

  private func sum(_ node: TestNode, at request: UInt64) throws -> UInt64 {
    #expect(node.run { node.answers[request] != nil })
    guard case .checksumAt(let index)? = node.answers[request] else { throw TestFailure("No checksum was proposed.") }
    func status() -> UInt64? { node.running.status.first { $0.checksumIndex == index }?.checksum }
    #expect(node.run { status() != nil })
    return try #require(status())
  }
}
