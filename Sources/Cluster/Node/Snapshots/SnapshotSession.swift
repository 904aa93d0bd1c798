import Bytes
import Environment
import Messages
import Raft
import Replicas
import Store

/// A view of one replica that another node reads: a server's side of a fetch.
///
/// Belongs to the node's loop, but while ``isReading`` its view and its place in it belong to the background thread.
final class SnapshotSession {
  let client: NodeID
  let group: GroupID
  let fetch: UInt64
  let header: SnapshotHeader
  private let metadata: [UInt8]
  private let view: StoreView
  private let chunkBytes: Int
  private var after: [UInt8]?
  private var isAtEnd = false
  /// The item that was read last; it may be asked for once more.
  private(set) var newest: (sequence: UInt64, bytes: [UInt8])?
  private(set) var isReading = false
  /// Asked for last.
  var touchedAt: Instant

  init(
    client: NodeID, group: GroupID, fetch: UInt64, identity: UInt64, view: StoreView, metadata: [UInt8],
    chunkBytes: Int,
    now: Instant
  ) {
    self.client = client
    self.group = group
    self.fetch = fetch
    self.view = view
    self.metadata = metadata
    self.chunkBytes = chunkBytes
    header = SnapshotHeader(identity: identity, position: view.applied, metadata: metadata)
    touchedAt = now
  }

  /// Whether the view can give that item: the one behind the newest.
  func mayRead(_ sequence: UInt64) -> Bool {
    !isReading && !isAtEnd && sequence == (newest.map { $0.sequence + 1 } ?? 0)
  }

  /// The work that reads an item; ``readEnded()`` takes it back.
  func read(_ sequence: UInt64) -> () throws -> Void {
    isReading = true
    return { [self] in newest = (sequence, try item(sequence)) }
  }

  private func item(_ sequence: UInt64) throws -> [UInt8] {
    guard sequence >= header.metadataItems else { return Array(metadata[header.metadataRange(sequence)]) }
    let chunk = try view.chunk(after: after, bytesMax: chunkBytes)
    after = chunk.lastKey
    isAtEnd = chunk.isLast
    return chunk.encode(identity: header.identity, sequence: sequence - header.metadataItems)
  }

  func readEnded() { isReading = false }

  func close() { view.close() }
}
