import Benchmark
import Environment
import Raft

/// Three replicas of a group in one process: messages arrive at once, and syncs take no time.
private final class Trio {
  private var groups: [RaftGroup]
  private var inbox: [Message] = []
  private var now = Instant(nanoseconds: 1)
  private let payload = [UInt8](repeating: 0x70, count: 512)
  private(set) var committed: LogIndex = 0

  init() {
    let ids = [ReplicaID(1), ReplicaID(2), ReplicaID(3)]
    let start = now
    groups = ids.map { id in
      RaftGroup(
        configuration: RaftConfiguration(), id: id, recovered: Recovered(blank: Membership(voters: ids)),
        random: SeededRandom(seed: id.rawValue), now: start)
    }
    now = now + .seconds(2)
    groups[0].tick(now)
    settle()
    guard groups[0].isEstablished else { fatalError("The first replica is elected when it alone notices the time.") }
  }

  /// `count` proposals in one turn of the leader, until it has committed them.
  func commit(_ count: Int) {
    for _ in 0..<count {
      if groups[0].propose(payload) == nil { fatalError("The leader of a still clock keeps leading.") }
    }
    settle()
    if committed < groups[0].last.index { fatalError("What was proposed is committed once nothing is under way.") }
    if committed % 4_096 < LogIndex(count) { compact() }
  }

  private func settle() {
    for slot in groups.indices { drain(slot) }
    while !inbox.isEmpty {
      let messages = inbox
      inbox.removeAll(keepingCapacity: true)
      for message in messages { groups[Int(message.to.rawValue) - 1].step(message, now: now) }
      for slot in groups.indices { drain(slot) }
    }
  }

  private func drain(_ slot: Int) {
    while groups[slot].hasReady {
      let ready = groups[slot].takeReady()
      inbox += ready.messages
      groups[slot].persisted(ready.ticket)
      inbox += ready.messagesAfterSync
      guard let last = ready.committed.last else { continue }
      groups[slot].applied(last.index)
      if slot == 0 { committed = last.index }
    }
  }

  private func compact() {
    for slot in groups.indices {
      let index = groups[slot].applied
      guard let term = groups[slot].term(at: index) else { continue }
      groups[slot].compact(through: LogPosition(index: index, term: term))
    }
  }
}

/// All that consensus itself costs three replicas for proposals of 512 bytes.
func measureConsensus() {
  Benchmark("Consensus: one proposal a turn", configuration: .quick) { (benchmark, trio: Trio) in
    for _ in benchmark.scaledIterations { trio.commit(1) }
  } setup: {
    Trio()
  }
  Benchmark("Consensus: 50 proposals a turn, each", configuration: .quick) { (benchmark, trio: Trio) in
    for _ in 0..<benchmark.scaledIterations.count / 50 { trio.commit(50) }
  } setup: {
    Trio()
  }
}
