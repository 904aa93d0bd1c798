import Environment

@testable import Raft

/// A group of hosts with a network between them. `now` is the true time; each host reads a clock of its own.
final class Group {
  var configuration = RaftConfiguration()
  var hosts: [Host] = []
  var now = Instant.zero
  var network: [Message] = []
  var seed: UInt64
  var cut: Set<[ReplicaID]> = []
  /// A planted fault: answers leave, and syncs are reported, before anything is on the disk.
  var answersBeforeSync = false
  var observe: (Host, Event) -> Void = { _, _ in }

  enum Event {
    case role(RoleChange)
    case membership(Membership)
    case reset(LogPosition)
    case write(HardState?, [Entry])
    case sent(Message, isAfterSync: Bool)
    case applied(Entry)
    case read(ReadyRead)
    case abandoned(UInt64)
    case fetch(EntryFetch)
    case offered(SnapshotOffer)
  }

  init(seed: UInt64) { self.seed = seed }

  func add(_ id: UInt64, membership: Membership) {
    hosts.append(Host(id: ReplicaID(id), membership: membership))
    start(hosts[hosts.count - 1])
  }

  func reading(_ host: Host) -> Instant { host.clock.reading(at: now) }

  func host(_ id: ReplicaID) -> Host? { hosts.first { $0.id == id } }

  var leader: Host? {
    hosts.filter { $0.raft?.isLeader == true }.max { $0.raft!.term < $1.raft!.term }
  }

  func start(_ host: Host, tail: Int = .max) {
    seed += 1
    host.start(configuration, seed: seed &* 7919 &+ host.id.rawValue, now: reading(host), tail: tail)
  }

  /// Carries out what the host's group wants until it wants nothing more.
  func process(_ host: Host) {
    while host.raft?.hasReady == true, let ready = host.raft?.takeReady() {
      report(host, ready)
      host.writes.append(
        PendingWrite(
          logReset: ready.logReset, hardState: ready.hardState, entries: ready.entries, ticket: ready.ticket,
          messages: answersBeforeSync ? [] : ready.messagesAfterSync))
      if answersBeforeSync {
        host.raft?.persisted(ready.ticket)
        for message in ready.messagesAfterSync { send(host, message, isAfterSync: true) }
      }
      for message in ready.messages { send(host, message, isAfterSync: false) }
      for entry in ready.committed {
        host.state.append(entry)
        observe(host, .applied(entry))
      }
      if let last = ready.committed.last { host.raft?.applied(last.index) }
      for read in ready.reads { observe(host, .read(read)) }
      for fetch in ready.fetches {
        observe(host, .fetch(fetch))
        let entries = host.logEntries(after: fetch.previous, through: fetch.through, bytesMax: fetch.bytesMax)
        host.raft?.supply(peer: fetch.peer, entries: entries, previous: fetch.previous)
      }
      if !host.isSyncHeld { sync(host, count: host.writes.count) }
    }
  }

  private func report(_ host: Host, _ ready: Ready) {
    if let role = ready.role { observe(host, .role(role)) }
    if let membership = ready.membership { observe(host, .membership(membership)) }
    for token in ready.abandonedReads { observe(host, .abandoned(token)) }
    if let position = ready.logReset { observe(host, .reset(position)) }
    if ready.hardState != nil || !ready.entries.isEmpty { observe(host, .write(ready.hardState, ready.entries)) }
    if let offer = ready.snapshotOffer {
      host.offer = offer
      observe(host, .offered(offer))
    }
  }

  /// The oldest `count` writes are on the disk now; one sync may cover many.
  func sync(_ host: Host, count: Int) {
    let done = host.writes.prefix(count)
    host.writes.removeFirst(done.count)
    for write in done {
      host.disk.write(write)
      host.raft?.persisted(write.ticket)
      for message in write.messages { send(host, message, isAfterSync: true) }
    }
  }

  private func send(_ host: Host, _ message: Message, isAfterSync: Bool) {
    observe(host, .sent(message, isAfterSync: isAfterSync))
    if !cut.contains([message.from, message.to]) { network.append(message) }
  }

  func deliver(_ message: Message) {
    guard let host = host(message.to), host.raft != nil, !cut.contains([message.from, message.to]) else { return }
    guard !host.isPaused else { return network.append(message) }
    host.raft?.step(message, now: reading(host))
    process(host)
  }

  /// Delivers in order until nothing is under way.
  func deliverAll() {
    while !network.isEmpty { deliver(network.removeFirst()) }
  }

  func tick(_ host: Host) {
    host.raft?.tick(reading(host))
    process(host)
  }

  /// Lets time pass, stopping at each deadline; with `delivers`, messages arrive without delay.
  func advance(_ span: Span, delivers: Bool) {
    let end = now + span
    while true {
      if delivers { deliverAll() }
      let next = hosts.map { $0.due }.min() ?? .distantFuture
      guard next <= end else { break }
      now = max(now, next)
      for host in hosts where host.due <= now { tick(host) }
    }
    now = end
  }
}
