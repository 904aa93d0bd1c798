import Environment
import Messages
import Node

/// All replicas of a shard hold the same once everything has come to rest.
final class ReplicasCheck: SimulationCheck {
  private let cluster: SimulatedCluster
  /// The sums that were ordered have to be of entries after these.
  private var before: [[LogPlace]] = []

  private struct LogPlace: Equatable {
    var shard: ShardID
    var index: UInt64?
  }

  init(_ cluster: SimulatedCluster) { self.cluster = cluster }

  func finish() {
    before = cluster.nodeIDs.map { places(of: $0) }
    order()
  }

  /// Asks again: an order is lost with a leader that steps down, and passed over by a replica that fetches a snapshot.
  private func order() {
    if isIdle { return }
    cluster.orderChecksums()
    cluster.schedule(after: .seconds(1)) { [self] in order() }
  }

  private func places(of id: NodeID) -> [LogPlace] {
    sums(of: id).map { LogPlace(shard: $0.shard, index: $0.checksumIndex) }
  }

  private func sums(of id: NodeID) -> [ReplicaStatus] {
    cluster.node(id)?.status.filter { $0.shard != .metadata } ?? []
  }

  /// Every replica has a new sum, of the same entry as the others of its shard.
  var isIdle: Bool {
    guard !before.isEmpty, before != cluster.nodeIDs.map({ places(of: $0) }) else { return before.isEmpty }
    let all = cluster.nodeIDs.flatMap { sums(of: $0) }
    let old = before.flatMap { $0 }
    return all.allSatisfy { status in
      guard let index = status.checksumIndex else { return false }
      return !old.contains { $0.shard == status.shard && $0.index == index }
        && all.allSatisfy { $0.shard != status.shard || $0.checksumIndex == index }
    }
  }

  func judge() -> [Violation] {
    guard isIdle else {
      let ends = cluster.nodeIDs.flatMap { id in
        places(of: id).map { "\(Process.node(id)) shard \($0.shard.rawValue) at \($0.index.map { "\($0)" } ?? "none")" }
      }
      let words = ends.joined(separator: ", ")
      return [Violation(.replicas, "replicas do not come to a checksum of the same entry: \(words)")]
    }
    let all = cluster.nodeIDs.flatMap { sums(of: $0) }
    var different: [ShardID] = []
    for status in all where all.contains(where: { $0.shard == status.shard && $0.checksum != status.checksum }) {
      if !different.contains(status.shard) { different.append(status.shard) }
    }
    return different.map { Violation(.replicas, "the replicas of shard \($0.rawValue) differ") }
  }
}
