import Environment

@testable import Raft

/// Leases among clocks that run at different rates, pauses, quick restarts, proofs of death and late messages.
extension Chaos {
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

  /// Calmer than ``act()``, so that there are leases to disturb.
  func actAmongLeases() {
    switch random.below(1_000) {
    case 0..<450: for _ in 0...random.below(8) { deliverOne() }
    case 450..<700:
      let host = pick()
      if !host.isPaused { group.sync(host, count: host.writes.count) }
      if !host.isPaused { group.process(host) }
    case 700..<880: passTime(.milliseconds(random.below(10)))
    case 880..<930: propose()
    case 930..<950: read()
    case 950..<955: compact(pick())
    case 955..<965: install()
    case 965..<967: changeMembership()
    case 967..<969: disturb()
    case 969..<971: calm()
    default: if let down = group.hosts.first(where: { $0.raft == nil }) { restart(down) }
    }
  }

  private func calm() {
    group.cut = []
    for host in group.hosts { host.isPaused = false }
  }

  private func disturb() {
    switch random.below(20) {
    case 0..<5: isolateLeader()
    case 5..<9:
      let host = pick()
      crash(host)
      restart(host)
    case 9..<13:
      let host = pick()
      host.isPaused = host.raft != nil && !host.isPaused
    case 13..<16: proveDeath()
    case 16..<18: delayOne()
    case 18: spreadRumour()
    default: handOver()
    }
  }

  private func isolateLeader() {
    guard let leader = someLeader() else { return }
    let isOneWay = random.chance(1, in: 3)
    group.cut = []
    for other in group.hosts where other.id != leader.id {
      group.cut.insert([leader.id, other.id])
      if !isOneWay { group.cut.insert([other.id, leader.id]) }
    }
  }

  /// A leader's process ends, and some of those that follow it get to know; or, where it is planted, none ended.
  private func proveDeath() {
    guard let leader = someLeader() else { return }
    if !lies { crash(leader) }
    for host in group.hosts where host.raft?.leader == leader.id && !host.isPaused && random.chance(2, in: 3) {
      host.raft?.leaderDied(leader.id, now: group.reading(host))
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

  /// A transfer whose request is late: the leader goes on, and then somebody stands for it.
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
