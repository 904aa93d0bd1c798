import Environment

@testable import Raft

/// Leases among clocks that run at different rates, pauses, quick restarts, proofs of death and late messages.
extension Chaos {
  /// A rule that is broken, to show that the checks would notice.
  enum Plant: CaseIterable {
    /// Leaders are declared dead that live.
    case falseProof
    case forgottenPromises
  }

  /// Gives the hosts clocks that started at different times. One, whose leases last longest, runs at the lowest rate
  /// in `rates`, of so many thousandths; the others, whose promises end soonest, run at the highest.
  func drift(_ rates: ClosedRange<UInt64>) {
    let slow = pick()
    for host in group.hosts {
      host.clock.rate = host === slow ? rates.lowerBound : rates.upperBound
      host.clock.offset = .milliseconds(random.below(10_000))
      host.crash(surviving: 0)
      restart(host)
    }
  }

  // MARK: Acting

  /// Calmer than ``act()``, so that there are leases to disturb, and with few writes: who lags is elected by nobody.
  /// Every now and then a leader loses links for a while, and other faults join in.
  func actAmongLeases() {
    switch random.below(1_000) {
    case 0..<450: for _ in 0...random.below(8) { deliverOne() }
    case 450..<600:
      for host in group.hosts where !host.isPaused {
        group.sync(host, count: host.writes.count)
        group.process(host)
      }
    case 600..<800: passTime(.milliseconds(random.below(10)))
    case 800..<805: propose()
    case 805..<820: read()
    case 820..<821: compact(pick())
    case 821..<825: install()
    case 825..<826: changeMembership()
    case 826..<838: if !group.cut.isEmpty { disturb() }
    case 838: if random.chance(1, in: 3) { handOver() }
    case 840..<900: if let down = group.hosts.first(where: { $0.raft == nil }) { restart(down) }
    default: break
    }
    guard group.now >= episodeEnd else { return }
    for host in group.hosts { host.isPaused = false }
    if group.cut.isEmpty { isolateLeader() } else { group.cut = [] }
    episodeEnd = group.now + .milliseconds(100 + random.below(800))
  }

  private func disturb() {
    switch random.below(8) {
    case 0..<3: restartOne()
    case 3:
      let host = pick()
      host.isPaused = host.raft != nil && !host.isPaused
    case 4: proveDeath()
    case 5: delayOne()
    default: spreadRumour()
    }
  }

  /// A process is killed and started at once, perhaps while the leader loses its last links.
  private func restartOne() {
    let host = pick()
    crash(host)
    restart(host)
    guard random.chance(1, in: 2), let leader = someLeader() else { return }
    for other in group.hosts where other.id != leader.id {
      group.cut.formUnion([[leader.id, other.id], [other.id, leader.id]])
    }
  }

  /// A leader loses all of its links or half, in both directions or one. Who no longer hears it may still reach those
  /// that do, and would be elected by them if they had not promised.
  private func isolateLeader() {
    guard let leader = someLeader() else { return }
    let isOneWay = random.chance(1, in: 4)
    let others = group.hosts.filter { $0.id != leader.id }.shuffled(using: &random)
    for other in others.prefix(random.chance(1, in: 3) ? others.count : others.count / 2) {
      group.cut.insert([leader.id, other.id])
      if !isOneWay { group.cut.insert([other.id, leader.id]) }
    }
  }

  /// A leader's process ends, and some of those that follow it get to know; or, where it is planted, none ended.
  private func proveDeath() {
    guard let leader = someLeader() else { return }
    guard let term = leader.raft?.term else { return }
    if plant != .falseProof { crash(leader) }
    for host in group.hosts where host.raft?.leader == leader.id && !host.isPaused && random.chance(2, in: 3) {
      host.raft?.leaderDied(leader.id, term: term, now: group.reading(host))
      group.process(host)
      reached.proofs += 1
    }
  }

  /// A message arrives up to two seconds late; one that asks to stand for preference.
  private func delayOne() {
    guard !group.network.isEmpty else { return }
    let place =
      group.network.firstIndex { $0.body == .timeoutNow } ?? Int(random.below(UInt64(group.network.count)))
    delayed.append((group.now + .milliseconds(random.below(2_000)), group.network.remove(at: place)))
  }

  /// Somebody is told of a newer term, as by one that stood in vain.
  private func spreadRumour() {
    let host = pick()
    guard let term = host.raft?.term, term > 0 else { return }
    group.deliver(
      Message(from: ReplicaID(99), to: host.id, term: term + 1, body: .voteAnswer(isGranted: false)))
  }

  /// A transfer whose request may be late: the leader goes on, and then somebody stands for it.
  private func handOver() {
    guard let host = someLeader(), let target = host.raft?.transferTarget() else { return }
    _ = host.raft?.transferLeadership(to: target, now: group.reading(host))
    group.process(host)
    if random.chance(2, in: 3) { delayOne() }
  }

  // MARK: Checking

  private func holdsLease(_ host: Host) -> Bool { host.raft?.holdsLease(at: group.reading(host)) == true }

  /// At most one replica may read under a lease, and what it reads misses nothing that a client has seen.
  func checkLeases() {
    let holders = group.hosts.filter(holdsLease)
    guard let holder = holders.first else { return }
    reached.leased += 1
    if holders.count > 1 { fail("\(holders.map { $0.id }) hold leases at once") }
    if LogIndex(holder.state.count) < seen {
      fail("a read under the lease of \(holder.id) sees \(holder.state.count) entries, not \(seen)")
    }
    seen = max(seen, LogIndex(holder.state.count))
  }

  /// A lease has ended before anybody else is elected.
  func checkNobodyElseHoldsALease(_ elected: Host, _ term: Term) {
    for host in group.hosts where host.id != elected.id && holdsLease(host) {
      fail("\(elected.id) was elected in term \(term) inside the lease of \(host.id)")
    }
  }
}
