import Bytes
import Raft
import Replicas
import Testing

@Suite struct SnapshotFrameTests {
  private static let header = SnapshotHeader(
    identity: 7, position: LogPosition(index: 300, term: 4), metadata: [UInt8](repeating: 3, count: 40))

  private static let bodies: [SnapshotFrame.Body] = [
    .open(atLeast: LogPosition(index: 9, term: 2)), .next(17), .keep, .close, .header(header), .item(5, [1, 2, 3]),
    .item(6, []), .refused(.busy), .refused(.behind), .refused(.unknown), .refused(.failed),
  ]

  @Test(arguments: bodies) func aFrameReadsBackAsWritten(body: SnapshotFrame.Body) throws {
    let frame = SnapshotFrame(group: GroupID(3), fetch: 0xABCD_EF01_2345, body: body)
    #expect(try SnapshotFrame(frame.encode()) == frame)
  }

  @Test(arguments: bodies) func aFrameThatIsCutOrTooLongIsRefused(body: SnapshotFrame.Body) {
    let bytes = SnapshotFrame(group: GroupID(3), fetch: 1, body: body).encode()
    // The bytes of an item have no length of their own; its checksum finds a cut.
    if case .item = body { return }
    for count in bytes.indices { #expect((try? SnapshotFrame(Array(bytes[..<count]))) == nil) }
    #expect((try? SnapshotFrame(bytes + [0])) == nil)
  }

  @Test func metadataIsCutIntoItems() {
    let piece = SnapshotFrame.itemBytesMax
    for (count, items) in [(0, 0), (1, 1), (piece, 1), (piece + 1, 2), (3 * piece, 3)] {
      let header = SnapshotHeader(identity: 1, position: .zero, metadata: [UInt8](repeating: 1, count: count))
      #expect(header.metadataItems == UInt64(items))
      let ranges = (0..<UInt64(items)).map { header.metadataRange($0) }
      #expect(ranges.reduce(0) { $0 + $1.count } == count)
      #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
    }
  }
}
