import Bytes
import Catalog
import Environment
import Journal
import Messages
import Raft
import Replicas
import Shards
import Store

/// What a node finds in its data directory. An old one is recovered; an empty one is left so until the other members
/// were asked (``MemberDiscovery``).
struct NodeOpening {
  let lock: any File
  let journal: Journal
  /// Nil where the directory is new.
  private(set) var identity: IdentityKeeper?
  private(set) var replicas: [Replica] = []
  private(set) var lost: [LostReplica] = []
  /// Rows of dropped tables and indexes that are still there.
  private(set) var orphans: [Orphan] = []
  /// The journal has lost records of it cannot tell whom, and reports that until every replica has its successor.
  private(set) var isJournalDamaged = false
  private let maker: ReplicaMaker

  typealias Orphan = (group: GroupID, rows: RowRange, index: LogIndex)

  static func open(
    _ maker: ReplicaMaker, random: inout SeededRandom, now: Instant
  ) throws(NodeFailure) -> NodeOpening {
    let directory = maker.configuration.dataDirectory
    do {
      return try openDirectory(maker, random: &random, now: now)
    } catch let failure as NodeFailure {
      throw failure
    } catch {
      throw NodeFailure("The data directory \(directory) cannot be opened: \(error).")
    }
  }

  private static func openDirectory(
    _ maker: ReplicaMaker, random: inout SeededRandom, now: Instant
  ) throws -> NodeOpening {
    let (configuration, disk) = (maker.configuration, maker.disk)
    let directory = configuration.dataDirectory
    try configuration.raft.validate()
    guard (configuration.nodes + configuration.founders).allSatisfy({ $0.rawValue <= ReplicaID.nodeMax }) else {
      throw NodeFailure("Nodes are numbered from 1 to \(ReplicaID.nodeMax): choose lower numbers.")
    }
    try disk.createDirectory(directory)
    let lock = try takeLock(disk, directory)
    let identity = try Identity.read(disk, directory)
    try identity?.check(Identity(configuration), directory: directory)
    let (journal, recovery) = try openJournal(maker, isUsed: identity != nil)
    var opening = NodeOpening(lock: lock, journal: journal, maker: maker)
    if let identity {
      try opening.recover(identity, recovery, random: &random, now: now)
    } else if recovery.isUsed {
      throw NodeFailure(
        "\(directory) has data but no identity: use another data directory, or restore the file 'identity'.")
    }
    return opening
  }

  private init(lock: any File, journal: Journal, maker: ReplicaMaker) {
    self.lock = lock
    self.journal = journal
    self.maker = maker
  }

  private static func takeLock(_ disk: any Disk, _ directory: String) throws -> any File {
    do { return try disk.lock("\(directory)/lock") } catch {
      guard error.kind == .locked else { throw error }
      throw NodeFailure("\(directory) is in use by another process: stop that one, or use another data directory.")
    }
  }

  /// The journal's files parse for this node of this cluster only.
  private static func openJournal(_ maker: ReplicaMaker, isUsed: Bool) throws -> (Journal, Journal.Recovery) {
    var configuration = maker.configuration.journal
    configuration.expectsRecords = isUsed
    configuration.salt = Hash64.hash(
      Array(maker.configuration.cluster.utf8), seed: UInt64(maker.configuration.node.rawValue))
    return try Journal.open(
      disk: maker.disk, directory: "\(maker.configuration.dataDirectory)/journal", configuration: configuration)
  }

  // MARK: Recovery

  /// What was found damaged is lost, and on record as such, before anything is sent.
  private mutating func recover(
    _ found: Identity, _ recovery: Journal.Recovery, random: inout SeededRandom, now: Instant
  ) throws {
    let configuration = maker.configuration
    var identity = found
    // Format 1 knew of the first members only.
    if identity.holdings.isEmpty { identity.holdings = Identity(configuration).holdings }
    identity.incarnation += 1
    for placed in configuration.placedGroups where identity.holding(placed.group) == nil {
      throw NodeFailure.damagedIdentity("\(configuration.dataDirectory)/identity")
    }
    for found in identity.holdings {
      var holding = found
      let placed = configuration.placed(holding.group)
      var reason = "Its log or its store was lost before this start."
      let isComing =
        holding.state != .normal && identity.members?.isComing(holding.group.shard, to: configuration.node) == true
      if holding.state == .normal, let id = holding.id {
        guard let damage = try recover(placed, id, recovery, random: &random, now: now) else { continue }
        reason = damage
        holding.state = .lost
        identity.set(holding)
      }
      lost.append(
        LostReplica(
          holding, reason: isComing ? nil : reason, node: configuration.node,
          peers: configuration.peers(of: holding.group, identity.members), isRecorded: true))
    }
    // Where it moved away, what a stop left of it goes now; its log would pin segments.
    lost = lost.filter { !$0.isLeaving || hasTraces(of: $0.group, recovery) }
    isJournalDamaged = recovery.damage?.affectsAll ?? false
    try identity.write(maker.disk, configuration.dataDirectory)
    self.identity = IdentityKeeper(recorded: identity)
  }

  private func hasTraces(of group: GroupID, _ recovery: Journal.Recovery) -> Bool {
    recovery.groups.contains { $0.group == group }
      || (try? maker.disk.exists("\(maker.directory(of: group))/CURRENT")) != false
  }

  /// Joins what the log holds with what the store has applied. Returns what is wrong where either lost something.
  private mutating func recover(
    _ placed: PlacedGroup, _ id: ReplicaID, _ recovery: Journal.Recovery, random: inout SeededRandom, now: Instant
  ) throws -> String? {
    let group = placed.group
    if let damage = recovery.damage, damage.affects(group) {
      return "Its log lost records: \(damage.reasons.joined(separator: "; "))."
    }
    guard let found = recovery.groups.first(where: { $0.group == group })?.log else {
      return "Its log has no record of it."
    }
    do {
      let store = try maker.openStore(group, seed: random.next())
      let log = try journal.finishSwitch(of: group, to: store, found)
      guard store.flushed.index >= log.compacted.index else { return "Its store is behind its log." }
      guard store.flushed.index <= log.last.index else { return "Its store is ahead of its log." }
      let recovered = try recovered(group, log, placed.membership(of: id), store)
      let replica = try maker.replica(group, id, recovered, store, random: &random, now: now)
      for rows in try replica.shard?.orphans() ?? [] { orphans.append((group, rows, store.flushed.index)) }
      replicas.append(replica)
      return nil
    } catch let error as StoreError where error.isDamage {
      return "Its store is damaged: \(error)."
    } catch let error as JournalError where error.kind == .damaged {
      return "Its log is damaged: \(error)."
    }
  }

  private func recovered(
    _ group: GroupID, _ log: GroupLog, _ initial: Membership, _ store: ShardStore
  ) throws -> Recovered {
    let membership = try StoreMetadata(store.metadata)?.membership ?? initial
    var entries: [Entry] = []
    var next = store.flushed.index + 1
    while next <= log.last.index {
      let more = try journal.read(group, from: next, bytesMax: Self.readBytesMax)
      guard let last = more.last else { break }
      entries += more
      next = last.index + 1
    }
    return Recovered(
      hardState: log.hardState, membership: membership, compacted: log.compacted,
      terms: log.termRuns.map { LogPosition(index: $0.first, term: $0.term) }, entries: entries,
      lastIndex: log.last.index, applied: store.flushed.index)
  }

  private static let readBytesMax = 1 << 20
}

extension Journal.Recovery {
  /// Whether a node with this log has taken part in anything.
  fileprivate var isUsed: Bool {
    damage != nil || groups.contains { $0.log.last != .zero || $0.log.hardState.term > 0 }
  }
}
