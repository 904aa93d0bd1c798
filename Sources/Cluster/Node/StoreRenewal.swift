import Raft
import Store

/// Puts a blank store in the place of a lost replica's, or none where the replica moved to another node. Runs once, on the storage lane; the node's loop then takes
/// ``store``. It can be repeated after a crash at any step.
final class StoreRenewal {
  private let maker: ReplicaMaker
  private let group: GroupID
  private let seed: UInt64
  private let isErasure: Bool
  private(set) var isDone = false
  private(set) var store: ShardStore?

  init(_ maker: ReplicaMaker, _ group: GroupID, seed: UInt64, isErasure: Bool = false) {
    self.maker = maker
    self.group = group
    self.seed = seed
    self.isErasure = isErasure
  }

  func run() throws {
    try ShardStore.erase(disk: maker.disk, directory: maker.directory(of: group))
    if !isErasure { store = try maker.openStore(group, seed: seed) }
    isDone = true
  }
}
