import Environment
import Raft
import Replicas
import Store

/// The store that a follower builds from what it fetches. Its steps run on the storage lane, one at a time; in between
/// the node's loop looks at what came of them.
final class SnapshotBuild {
  enum Step {
    case begin
    /// An encoded chunk of rows and its number among them.
    case add([UInt8], UInt64)
    case finish(metadata: [UInt8])
    case install
    case abandon
  }

  let group: GroupID
  private let disk: any Disk
  private let directory: String
  private let configuration: StoreConfiguration
  private let header: SnapshotHeader
  private var builder: SnapshotBuilder?
  /// Whether the last chunk was added.
  private(set) var isComplete = false
  /// Whether the old store may no longer be used.
  private(set) var isInstalled = false
  /// The new store, once it is installed and open.
  private(set) var store: ShardStore?

  init(of group: GroupID, beside store: ShardStore, header: SnapshotHeader) {
    self.group = group
    disk = store.disk
    directory = store.directory
    configuration = store.configuration
    self.header = header
  }

  func run(_ step: Step) throws {
    switch step {
    case .begin: builder = try SnapshotBuilder(disk: disk, directory: directory, configuration: configuration)
    case .add(let bytes, let sequence):
      let chunk = try SnapshotChunk(bytes, identity: header.identity, sequence: sequence)
      try open.add(chunk)
      isComplete = chunk.isLast
    case .finish(let metadata): try open.finish(position: header.position, metadata: metadata)
    case .install:
      try open.install()
      isInstalled = true
      store = try ShardStore.open(disk: disk, directory: directory, configuration: configuration)
    case .abandon: try builder?.abandon()
    }
  }

  private var open: SnapshotBuilder {
    guard let builder else { fatalError("A snapshot was built before it was begun.") }
    return builder
  }
}
