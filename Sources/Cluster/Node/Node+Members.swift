public import Environment
import Journal
public import Messages
import Raft
import Replicas
import Store

/// A node among the other members: its own incarnation and theirs, and how one without data finds its part.
extension Node {
  /// A process of another node, as its handshakes show it.
  struct Sighting {
    var incarnation: UInt64
    /// The process's own mark. Nil: seen by an earlier process of this node.
    var start: UInt64?
  }

  /// Raised at each start; 0 while the node has no data.
  public var incarnation: UInt64 { identity?.identity.incarnation ?? 0 }

  /// Whether to talk to that process of another node: nil, or the reason why not.
  ///
  /// A directory that was restored comes with an incarnation that others have seen already, and would break what its node
  /// promised since. `start` tells two processes of one incarnation apart. A process without data has incarnation 0.
  public func admit(_ peer: NodeID, incarnation: UInt64, start: UInt64) -> String? {
    guard incarnation > 0 else { return nil }
    let known = sightings[peer]
    if let known, incarnation < known.incarnation {
      return """
        node \(peer.rawValue) comes with incarnation \(incarnation), and \(known.incarnation) was seen: \
        its data directory is an old copy
        """
    }
    if let known, incarnation == known.incarnation, let other = known.start, other != start {
      return
        "node \(peer.rawValue) comes with incarnation \(incarnation), which another process has: its data was copied"
    }
    sightings[peer] = Sighting(incarnation: incarnation, start: start)
    if known?.incarnation != incarnation {
      _ = identity?.change { $0.sawIncarnation(incarnation, of: peer) }
    }
    return nil
  }

  /// Operations can be sent to that node from now on.
  public func linkUp(_ node: NodeID, now: Instant) {
    discovery.linkUp(node)
    mover.linkUp(node)
  }

  /// A group that a node was known to lead, and in which term.
  public struct Leadership: Equatable, Sendable {
    let group: GroupID
    let term: Term
  }

  /// What that node is known to lead. Taken before its address is asked: if that refuses, these are what it led before.
  public func leaderships(of node: NodeID) -> [Leadership] {
    replicas.filter { $0.leader == node }.map { Leadership(group: $0.group, term: $0.raft.term) }
  }

  /// There is proof that the process with those leaderships has ended: its address refuses. They need not wait for a
  /// time-out. What a later process of the same node was elected to is none of them.
  public func processDied(leading: [Leadership], now: Instant) {
    for led in leading { replica(led.group)?.leaderDied(in: led.term, now: now) }
  }

  // MARK: Inside

  /// The first event of a process.
  func begin(now: Instant) throws(NodeFailure) {
    for seen in identity?.identity.seen ?? [] {
      sightings[seen.node] = Sighting(incarnation: seen.incarnation, start: nil)
    }
    for replica in lost where !replica.isLeaving && !replica.isComing { notice(replica.group, replica.reason) }
    settleJournalDamage()
    if identity == nil, configuration.isFounder, discovery.verdict(now) == .form { try form(now: now) }
  }

  func notice(_ group: GroupID?, _ text: String) {
    notices.append(NodeNotice(shard: group?.shard, text: text))
  }

  func describe(to asker: NodeID) -> Answer {
    discovery.asked(by: asker)
    return .member(hasTerm: hasTerm, seenIncarnation: sightings[asker]?.incarnation ?? 0)
  }

  private var hasTerm: Bool {
    lost.contains { !$0.isLeaving } || replicas.contains { $0.raft.term > 0 || $0.raft.id.generation > 0 }
  }

  func answered(_ response: Response, by node: NodeID, now: Instant) {
    if case .member(let hasTerm, let seen) = response.answer {
      discovery.answered(by: node, hasTerm: hasTerm, seenIncarnation: seen, now: now)
    }
    for position in lost.indices { lost[position].answered(response.id, response.answer, now: now) }
  }

  /// A request of this node's own. Its number clashes with none of the reconciler's.
  func ask(_ node: NodeID, _ operation: Messages.Operation, of shard: ShardID) -> UInt64 {
    let id = nextQuestion | 1 << 63
    nextQuestion += 1
    outgoingRequests.append((node, Request(id: id, shard: shard, operation: operation)))
    return id
  }

  func discover(now: Instant) {
    guard identity == nil, failure == nil else { return }
    do throws(NodeFailure) {
      switch discovery.verdict(now) {
      case .wait:
        for node in discovery.due(now) { _ = ask(node, .describeMember(configuration.node), of: .metadata) }
      // A node that came later has no part in a cluster that is made new.
      case .form where !configuration.isFounder: break
      case .form: try form(now: now)
      case .rejoin: try rejoin()
      }
    } catch {
      failure = error
    }
  }

  /// What the node waits for; nil once it knows its part.
  var discoveryStatus: String? {
    guard identity == nil else { return nil }
    let names = discovery.silent.map { "\($0.rawValue)" }.joined(separator: ", ")
    return "This node has no data and waits for nodes \(names) to be reachable: they know whether the cluster is new."
  }

  /// The cluster is new: the node makes its replicas of it, as one of the first members. Blocks.
  private func form(now: Instant) throws(NodeFailure) {
    // The journal may be giving back space; nothing of a group is in it.
    guard gate.write == nil else { return }
    try onDirectory {
      for placed in configuration.placedGroups { try make(placed, now: now) }
      while let write = try journal.takeWrite() {
        try write.perform()
        try journal.completed(write)
      }
      var made = Identity(configuration)
      made.incarnation = discovery.seenIncarnation + 1
      try start(as: made)
    }
  }

  /// The group's first record: from now on a journal without it is damaged.
  private func make(_ placed: PlacedGroup, now: Instant) throws {
    let id = ReplicaID(node: configuration.node)
    journal.save(placed.group, HardState())
    let store = try maker.openStore(placed.group, seed: random.next())
    guard store.isNew || store.applied == .zero else {
      throw NodeFailure(
        "\(configuration.dataDirectory) has data but no identity: use another data directory, or restore the file.")
    }
    let recovered = Recovered(blank: placed.membership(of: id))
    add(try maker.replica(placed.group, id, recovered, store, random: &random, now: now))
  }

  /// Above every incarnation that the node had, also one that only members have seen that cannot be asked now: those would
  /// refuse a lower one for ever. Where the node joined anew before, that is a matter of time: it goes by the clock, with
  /// room for so many starts in a millisecond.
  private var unseenIncarnation: UInt64 {
    max(discovery.seenIncarnation + Self.unseenStarts, (wallTimeMs ?? 0) * Self.unseenStarts)
  }

  private static let unseenStarts: UInt64 = 1 << 20

  /// The cluster has a past: what the node had promised in it is lost with its data. Blocks.
  private func rejoin() throws(NodeFailure) {
    Probes.hit(.wipedNodeJoinsAnew)
    try onDirectory {
      var made = Identity(configuration)
      made.incarnation = unseenIncarnation
      for position in made.holdings.indices {
        made.holdings[position].id = nil
        made.holdings[position].state = .lost
      }
      try start(as: made)
    }
    let text =
      configuration.isFounder
      ? "The data directory was empty although the cluster has data: the node joins it anew."
      : "The node has no data: it waits to be given replicas."
    notice(nil, text)
    for placed in configuration.placedGroups {
      replicasLost += 1
      let holding = Identity.Holding(group: placed.group, id: nil, state: .lost)
      lost.append(
        LostReplica(
          holding, reason: "Its log and its store were lost.", node: configuration.node, peers: placed.nodes,
          isRecorded: true))
    }
  }

  private func start(as made: Identity) throws {
    var made = made
    for node in configuration.nodes {
      if let seen = sightings[node] { made.sawIncarnation(seen.incarnation, of: node) }
    }
    try made.write(maker.disk, configuration.dataDirectory)
    identity = IdentityKeeper(recorded: made)
  }

  private func onDirectory(_ body: () throws -> Void) throws(NodeFailure) {
    do { try body() } catch let failure as NodeFailure { throw failure } catch {
      throw NodeFailure("The data directory \(configuration.dataDirectory) cannot be made: \(error).")
    }
  }
}
