import Catalog
import Environment
import Messages

/// One thing that must hold in every run, with whatever it does to find out: clients at work, a look at replicas.
///
/// A check of a later feature is a file of its own: it conforms, and stands in ``SeedRun/checks(_:)``. The methods are called
/// in this order, those in the middle perhaps twice.
protocol SimulationCheck: AnyObject {
  /// The table is there, faults begin: clients go to work.
  func begin()
  /// From now on a majority is whole and stays so, while one node may stay broken: whatever is asked has to succeed.
  func majorityIsHealed(broken: NodeID?)
  /// Faults come again: until the next ``majorityIsHealed(broken:)`` nothing has to succeed.
  func faultsReturn()
  /// Whether all that was asked for before that time has its answer.
  func hasAnswered(before time: Instant) -> Bool
  /// Clients stop after what they have under way.
  func stop()
  /// Whether nothing is under way.
  var isIdle: Bool { get }
  /// Every fault is over and every replica whole: last reads, comparisons. ``isIdle`` says when they are done.
  func finish()
  func judge() -> [Violation]
}

extension SimulationCheck {
  func begin() {}
  func majorityIsHealed(broken: NodeID?) {}
  func faultsReturn() {}
  func hasAnswered(before time: Instant) -> Bool { true }
  func stop() {}
  var isIdle: Bool { true }
  func finish() {}
}

/// What checks get to work with.
struct SimulatedRegion {
  let cluster: SimulatedCluster
  let faults: FaultDriver
  let table: SimulatedTable
  /// Operations of clients a simulated second.
  var rate: UInt64
  /// The time after which an answer comes too late, once a majority is healed.
  static let patience = Span.seconds(10)

  /// A name that falls on it, for each shard.
  func keyOfEachShard(_ prefix: String) -> [(shard: ShardID, key: String)] {
    let options = cluster.options
    let map = ShardMap.initial(shards: options.shards, nodes: cluster.nodeIDs, replication: options.replication)
    var keys: [(shard: ShardID, key: String)] = []
    var number = 0
    while keys.count < map.shards.count {
      let key = "\(prefix)\(number)"
      let shard = map.shard(for: table.row(key).hash).id
      if !keys.contains(where: { $0.shard == shard }) { keys.append((shard, key)) }
      number += 1
    }
    return keys
  }
}
