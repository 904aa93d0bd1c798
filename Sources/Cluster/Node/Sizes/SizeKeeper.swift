import Environment
import Messages
import Raft
import Replicas
import Shards
import Store

/// Counts what the node's replicas hold, leading or not, so that any of them can say: replica after replica in key order,
/// one slice of rows a tick, where something was applied since the last count. A count begins when nothing was applied for
/// a moment, and is exact then; while writes go on without a pause it begins once a minute, and is an estimate.
struct SizeKeeper {
  private struct Pass {
    var group: GroupID
    /// Another one where the store was replaced meanwhile.
    var shard: ShardMachine
    var beganAt: Instant
    var next: [UInt8]?
    var count: ShardMachine.Count
  }

  private struct Rest {
    var until: Instant
    /// From here on it does not wait for a quiet moment.
    var patience: Instant
  }

  private var pass: Pass?
  private var rests: [GroupID: Rest] = [:]

  /// A slice takes well below a millisecond.
  static let rowsMax = 512
  static let bytesMax = 256 << 10
  /// What makes a moment quiet.
  static let quiet = Span.seconds(1)
  /// From the end of a replica's count to its next without a quiet moment.
  static let patience = Span.seconds(60)
  /// A replica rests ten times as long as its count took, so that a large one costs next to nothing.
  static let restFactor: UInt64 = 10

  /// To be called with each tick.
  mutating func tick(_ replicas: [Replica], now: Instant) {
    guard var pass = pass ?? next(replicas, now: now) else { return }
    self.pass = nil
    guard replicas.contains(where: { $0.shard === pass.shard && !$0.isSwitching }) else { return }
    do {
      pass.next = try pass.shard.addRows(
        from: pass.next, rowsMax: Self.rowsMax, bytesMax: Self.bytesMax, to: &pass.count.sizes)
      if pass.next != nil {
        self.pass = pass
        return
      }
      pass.shard.count = pass.count
    } catch {
      // A store that cannot be read says so wherever else it is read.
    }
    let took = now.since(pass.beganAt).nanoseconds
    rests[pass.group] = Rest(
      until: now + Span(nanoseconds: took * Self.restFactor), patience: now + Self.patience)
  }

  /// The replica whose turn it is: of those that are due the one that has rested longest.
  private func next(_ replicas: [Replica], now: Instant) -> Pass? {
    var first: (replica: Replica, shard: ShardMachine, since: Instant)?
    for replica in replicas {
      guard let shard = replica.shard, shard.damage == nil, !replica.isSwitching else { continue }
      guard shard.count?.asOf != replica.store.applied.index else { continue }
      let rest = rests[replica.group] ?? Rest(until: .zero, patience: .zero)
      guard rest.until <= now, replica.lastAppliedAt + Self.quiet <= now || rest.patience <= now else { continue }
      if first.map({ rest.until < $0.since }) ?? true { first = (replica, shard, rest.until) }
    }
    return first.map { replica, shard, _ in
      Pass(
        group: replica.group, shard: shard, beganAt: now,
        count: ShardMachine.Count(asOf: replica.store.applied.index))
    }
  }
}
