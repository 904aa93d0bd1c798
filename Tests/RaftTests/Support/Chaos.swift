import Environment
import Testing

@testable import Raft

/// A group driven at random from a seed, and the checks on it.
final class Chaos {
  struct Reached {
    var terms = 0
    var committed = 0
    var reads = 0
    var abandonedReads = 0
    var fetches = 0
    var snapshots = 0
    var truncations = 0
    var memberships = 0
    var lostWrites = 0
    /// Steps after which somebody held a lease.
    var leased = 0
    /// Followers that were told of their leader's death.
    var proofs = 0
    var failures = 0

    mutating func merge(_ other: Reached) {
      terms += other.terms
      committed += other.committed
      reads += other.reads
      abandonedReads += other.abandonedReads
      fetches += other.fetches
      snapshots += other.snapshots
      truncations += other.truncations
      memberships += other.memberships
      lostWrites += other.lostWrites
      leased += other.leased
      proofs += other.proofs
      failures += other.failures
    }
  }

  let seed: UInt64
  let group: Group
  var reached = Reached()
  var random: SeededRandom
  private var leaders: [Term: ReplicaID] = [:]
  /// Everything applied anywhere; the entry with index i is at i - 1.
  private var history: [Entry] = []
  /// For each read under way what was applied anywhere when it was asked for.
  private var reads: [UInt64: LogIndex] = [:]
  private var nextToken: UInt64 = 1
  var failures: Int { reached.failures }
  /// Failures are only counted.
  var isQuiet = false
  private let changesMembership: Bool
  /// Faults that leases have to survive happen too.
  var disturbsLeases = false
  var plant: Plant?
  /// The highest index that a client may know of, by an acknowledgement or a read.
  var seen: LogIndex = 0
  /// When the leader's links break or heal next.
  var episodeEnd = Instant.zero
  /// Messages that arrive much later.
  var delayed: [(due: Instant, message: Message)] = []

  init(seed: UInt64, voters: UInt64, spares: UInt64) {
    self.seed = seed
    changesMembership = spares > 0
    random = SeededRandom(seed: seed)
    group = Group(seed: seed)
    group.configuration.entryCacheBytesMax = 400
    group.configuration.appendBytesMax = 300
    group.configuration.inflightBytesMax = 900
    group.configuration.inflightAppendsMax = 3
    group.configuration.applyBytesMax = 500
    group.observe = { [unowned self] host, event in self.check(host, event) }
    let membership = Membership(voters: (1...voters).map { ReplicaID($0) })
    for id in 1...voters { group.add(id, membership: membership) }
    for id in voters..<voters + spares { group.add(id + 1, membership: .none) }
    for host in group.hosts { host.isSyncHeld = true }
  }

  func run(steps: Int) {
    for step in 0..<steps {
      if disturbsLeases { actAmongLeases() } else { act() }
      if plant == .forgottenPromises { for host in group.hosts { host.raft?.promisedUntil = .zero } }
      checkLeases()
      if step % 50 == 0 { checkLogMatching() }
      if failures > 0 { return }
    }
    settle()
    reached.terms += leaders.count
    reached.committed += history.count
  }

  // MARK: Acting

  func pick() -> Host { group.hosts[Int(random.below(UInt64(group.hosts.count)))] }

  private func act() {
    switch random.below(1_000) {
    case 0..<430: for _ in 0...random.below(8) { deliverOne() }
    case 430..<640: syncSome(pick())
    case 640..<730: passTime()
    case 730..<840: propose()
    case 840..<900: read()
    case 900..<920: lose()
    case 920..<930: group.cut = random.chance(3, in: 4) ? [] : randomCut()
    case 930..<935: crash(pick())
    case 935..<965: if let down = group.hosts.first(where: { $0.raft == nil }) { restart(down) }
    case 965..<975: compact(pick())
    case 975..<985: install()
    case 985..<988: transfer()
    default: changeMembership()
    }
  }

  /// One message, mostly from the front, sometimes left in place to arrive again.
  func deliverOne() {
    guard !group.network.isEmpty else { return }
    let window = random.chance(1, in: 8) ? group.network.count : 1
    let place = Int(random.below(UInt64(window)))
    let message = random.chance(1, in: 20) ? group.network[place] : group.network.remove(at: place)
    group.deliver(message)
  }

  func syncSome(_ host: Host) {
    guard !host.isPaused else { return }
    group.sync(host, count: Int(random.below(UInt64(host.writes.count) + 1)))
    group.process(host)
  }

  private func passTime() {
    passTime(.milliseconds(random.below(random.chance(1, in: 40) ? 400 : 12)))
  }

  func passTime(_ span: Span) {
    group.now = group.now + span
    for host in group.hosts where host.due <= group.now { group.tick(host) }
    group.network += delayed.filter { $0.due <= group.now }.map { $0.message }
    delayed.removeAll { $0.due <= group.now }
  }

  /// Any replica that believes that it leads, deposed ones too.
  func someLeader() -> Host? {
    let leading = group.hosts.filter { $0.raft?.isLeader == true && !$0.isPaused }
    return leading.isEmpty ? nil : leading[Int(random.below(UInt64(leading.count)))]
  }

  func propose() {
    guard let host = someLeader() else { return }
    for _ in 0...random.below(4) { _ = host.raft?.propose([UInt8](repeating: 7, count: Int(random.below(40)))) }
    group.process(host)
  }

  func read() {
    guard let host = someLeader(), host.raft!.requestRead(nextToken, now: group.reading(host)) else { return }
    reads[nextToken] = LogIndex(history.count)
    nextToken += 1
    group.process(host)
  }

  private func lose() {
    guard !group.network.isEmpty else { return }
    group.network.remove(at: Int(random.below(UInt64(group.network.count))))
  }

  private func randomCut() -> Set<[ReplicaID]> {
    var cut: Set<[ReplicaID]> = []
    for from in group.hosts {
      for to in group.hosts where from.id != to.id && random.chance(1, in: 3) { cut.insert([from.id, to.id]) }
    }
    return cut
  }

  func crash(_ host: Host) {
    guard host.raft != nil else { return }
    let surviving = Int(random.below(UInt64(host.writes.count) + 1))
    reached.lostWrites += host.writes.count - surviving
    host.crash(surviving: surviving)
  }

  func restart(_ host: Host) {
    group.start(host, tail: random.chance(1, in: 2) ? Int(random.below(3)) : .max)
    host.isSyncHeld = true
  }

  func compact(_ host: Host) {
    guard let raft = host.raft, !host.isPaused, raft.applied > raft.compacted.index else { return }
    let index = raft.compacted.index + 1 + random.below(raft.applied - raft.compacted.index)
    guard host.disk.entries.last?.index ?? 0 >= index else { return }
    host.compact(through: index)
  }

  func install() {
    let waiting = group.hosts.first { $0.offer != nil && $0.raft?.isLeader == false && !$0.isPaused }
    guard let host = waiting, let offer = host.offer, let source = group.host(offer.from) else { return }
    host.offer = nil
    if let position = host.installSnapshot(from: source) {
      reached.snapshots += 1
      check(host, .applied(history[Int(position.index) - 1]))
    }
    group.process(host)
  }

  private func transfer() {
    guard let host = someLeader() else { return }
    _ = host.raft?.transferLeadership(to: pick().id, now: group.reading(host))
    group.process(host)
  }

  func changeMembership() {
    guard changesMembership, let host = someLeader() else { return }
    let shuffled = group.hosts.map { $0.id }.shuffled(using: &random)
    let voters = Int(1 + random.below(UInt64(shuffled.count)))
    let learners = shuffled[voters...].filter { _ in random.chance(1, in: 2) }
    if (try? host.raft?.proposeMembership(voters: Array(shuffled[..<voters]), learners: learners)) != nil {
      reached.memberships += 1
    }
    group.process(host)
  }

  // MARK: Checking

  func fail(_ message: String) {
    reached.failures += 1
    if !isQuiet { Issue.record("seed \(seed): \(message)") }
  }

  private func check(_ host: Host, _ event: Group.Event) {
    switch event {
    case .role(let change):
      if change.role == .leader {
        checkLeader(host, change.term)
        checkNobodyElseHoldsALease(host, change.term)
      }
    case .applied(let entry):
      checkApplied(host, entry)
      if host.raft?.isLeader == true { seen = max(seen, entry.index) }
    case .read(let read):
      reached.reads += 1
      seen = max(seen, LogIndex(host.state.count))
      guard let demanded = reads.removeValue(forKey: read.token) else {
        return fail("read \(read.token) was answered twice")
      }
      if read.index < demanded { fail("a read at \(read.index) misses what was applied at \(demanded)") }
      if LogIndex(host.state.count) < read.index { fail("a read came before its index was applied") }
    case .abandoned: reached.abandonedReads += 1
    case .fetch: reached.fetches += 1
    case .write(_, let entries):
      let written = host.writes.last { !$0.entries.isEmpty }?.entries.last ?? host.disk.entries.last
      if let first = entries.first, let written, first.index <= written.index { reached.truncations += 1 }
    case .membership, .reset, .sent, .offered: break
    }
  }

  /// Election safety and leader completeness.
  private func checkLeader(_ host: Host, _ term: Term) {
    if let other = leaders[term], other != host.id { fail("term \(term) has the leaders \(other) and \(host.id)") }
    leaders[term] = host.id
    guard let raft = host.raft else { return }
    for entry in history where entry.index >= raft.compacted.index && entry.term < term {
      if raft.term(at: entry.index) != entry.term {
        return fail("a leader of term \(term) lacks \(text(entry.position))")
      }
    }
  }

  /// State machine safety.
  private func checkApplied(_ host: Host, _ entry: Entry) {
    if LogIndex(host.state.count) != entry.index { return fail("\(host.id) applied out of order") }
    if entry.index == LogIndex(history.count) + 1 {
      history.append(entry)
    } else if history[Int(entry.index) - 1] != entry {
      fail("\(host.id) applied another entry at \(entry.index)")
    }
  }

  private func checkLogMatching() {
    for (place, left) in group.hosts.enumerated() {
      for right in group.hosts[(place + 1)...] {
        guard let left = left.raft, let right = right.raft else { continue }
        var agrees = false
        for index in stride(from: min(left.last.index, right.last.index), to: 0, by: -1) {
          guard let one = left.term(at: index), let other = right.term(at: index) else { break }
          if agrees && one != other { return fail("logs agree above \(index) but not there") }
          agrees = agrees || one == other
        }
      }
    }
  }

  /// When the faults end, the group leads, commits, and every member has everything.
  private func settle() {
    group.cut = []
    delayed = []
    for host in group.hosts {
      host.isPaused = false
      if host.raft == nil { group.start(host) }
      host.isSyncHeld = false
      group.sync(host, count: host.writes.count)
      group.process(host)
    }
    for _ in 0..<40 {
      group.advance(.milliseconds(100), delivers: true)
      for _ in group.hosts { install() }
    }
    guard let leader = group.leader, leader.raft!.propose([1]) != nil else {
      return fail("no leader after the faults ended")
    }
    group.process(leader)
    group.advance(.milliseconds(300), delivers: true)
    guard let membership = leader.raft?.membership, !membership.isJoint else {
      return fail("the membership stayed joint")
    }
    for host in group.hosts where membership.contains(host.id) {
      if host.state.count != history.count { fail("\(host.id) lags at \(host.state.count) of \(history.count)") }
    }
    checkLogMatching()
  }
}
