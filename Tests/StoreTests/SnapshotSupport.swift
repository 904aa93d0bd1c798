import Environment
import Raft
import SimulatedDisk
import Testing

@testable import Store

/// A snapshot as it arrives at a replica: encoded chunks, and what they are the state of.
struct TestSnapshot {
  static let identity: UInt64 = 0xFEED

  var chunks: [[UInt8]]
  var position: LogPosition
  var rows: Rows

  var metadata: [UInt8] { Array("members at \(position.index)".utf8) }

  /// Reads a view of `world`; `between` may change the store after each chunk.
  init(of world: inout StoreWorld, bytesMax: Int, between: (inout StoreWorld) -> Void = { _ in }) throws {
    let view = try world.store.view()
    position = view.applied
    rows = world.rows
    chunks = []
    var after: [UInt8]?
    while true {
      let chunk = try view.chunk(after: after, bytesMax: bytesMax)
      #expect(chunk.count <= 1 || chunk.rows.count <= bytesMax)
      chunks.append(chunk.encode(identity: Self.identity, sequence: UInt64(chunks.count)))
      if chunk.isLast { break }
      after = chunk.lastKey
      between(&world)
    }
    view.close()
  }

  func chunk(_ sequence: Int) throws -> SnapshotChunk {
    try SnapshotChunk(chunks[sequence], identity: Self.identity, sequence: UInt64(sequence))
  }

  func builder(beside store: ShardStore) throws(StoreError) -> SnapshotBuilder {
    try SnapshotBuilder(disk: store.disk, directory: store.directory, configuration: store.configuration)
  }

  /// All steps of a switch.
  func install(beside store: ShardStore) throws {
    let builder = try builder(beside: store)
    for sequence in chunks.indices { try builder.add(chunk(sequence)) }
    try builder.finish(position: position, metadata: metadata)
    try builder.install()
  }
}

extension StoreWorld {
  /// Opens the store that was installed; from now on the world's rows are the snapshot's.
  mutating func open(_ snapshot: TestSnapshot) throws {
    store = try ShardStore.open(disk: disk, directory: Self.directory, configuration: configuration)
    #expect(store.applied == snapshot.position)
    #expect(store.durable == snapshot.position)
    #expect(store.metadata == snapshot.metadata)
    #expect(store.installedSnapshot == snapshot.position)
    while history.count <= Int(snapshot.position.index) { history.append([:]) }
    history[history.count - 1] = snapshot.rows
  }
}
