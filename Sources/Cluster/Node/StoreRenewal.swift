import Environment
import Raft
import Store

/// Puts a blank store in the place of a lost replica's. Runs once, on the storage lane; the node's loop then takes
/// ``store``. It can be repeated after a crash at any step.
final class StoreRenewal {
  private let maker: ReplicaMaker
  private let group: GroupID
  private let seed: UInt64
  private(set) var store: ShardStore?

  init(_ maker: ReplicaMaker, _ group: GroupID, seed: UInt64) {
    self.maker = maker
    self.group = group
    self.seed = seed
  }

  func run() throws {
    try Self.erase(maker.directory(of: group), maker.disk)
    store = try maker.openStore(group, seed: seed)
  }

  /// Nobody may have the store open.
  private static func erase(_ directory: String, _ disk: any Disk) throws(DiskError) {
    guard try disk.exists(directory) else { return }
    for name in try disk.list(directory) { try disk.remove("\(directory)/\(name)") }
    try disk.syncDirectory(directory)
  }
}
