import Bytes
import Catalog
import Environment
import Journal
import Messages
import Raft
import Replicas
import Shards
import Store

/// How a node comes to its replicas: an empty directory is made the node's, an old one is recovered.
struct NodeOpening {
  var lock: any File
  var journal: Journal
  var replicas: [Replica]
  var damaged: [(group: GroupID, reason: String)]
  /// Dropped tables whose rows are still there.
  var orphans: [(group: GroupID, table: TableID, index: LogIndex)] = []

  static func open(
    _ configuration: NodeConfiguration, disk: any Disk, random: inout SeededRandom, now: Instant
  ) throws(NodeFailure) -> NodeOpening {
    let directory = configuration.dataDirectory
    do {
      try configuration.raft.validate()
      try disk.createDirectory(directory)
      let lock = try takeLock(disk, directory)
      let expected = Identity(configuration)
      let found = try Identity.read(disk, directory)
      try found?.check(expected, directory: directory)
      var journalConfiguration = configuration.journal
      journalConfiguration.expectsRecords = found != nil
      journalConfiguration.salt = salt(configuration)
      let (journal, recovery) = try Journal.open(
        disk: disk, directory: "\(directory)/journal", configuration: journalConfiguration)
      let isUsed =
        recovery.damage != nil || recovery.groups.contains { $0.log.last != .zero || $0.log.hardState.term > 0 }
      guard found != nil || !isUsed else {
        throw NodeFailure(
          "\(directory) has data but no identity: use another data directory, or restore the file 'identity'.")
      }
      guard found != nil || configuration.mayBootstrap else {
        throw NodeFailure(
          """
          \(directory) has no data, but the cluster was formed before: restore the node's data, or start it with \
          --bootstrap if this is the first start of a new cluster.
          """)
      }
      var opening = NodeOpening(lock: lock, journal: journal, replicas: [], damaged: [])
      for (group, nodes) in placed(on: configuration) {
        let initial = Membership(voters: nodes.map { ReplicaID(node: $0) })
        if found == nil {
          try opening.make(group, initial, configuration, disk: disk, random: &random, now: now)
        } else {
          try opening.recover(group, recovery, initial, configuration, disk: disk, random: &random, now: now)
        }
      }
      if found == nil {
        try opening.writeJournal()
        try expected.write(disk, directory)
      }
      return opening
    } catch let failure as NodeFailure {
      throw failure
    } catch {
      throw NodeFailure("The data directory \(directory) cannot be opened: \(error).")
    }
  }

  private static func takeLock(_ disk: any Disk, _ directory: String) throws -> any File {
    do { return try disk.lock("\(directory)/lock") } catch {
      guard error.kind == .locked else { throw error }
      throw NodeFailure("\(directory) is in use by another process: stop that one, or use another data directory.")
    }
  }

  /// The journal's files parse for this node of this cluster only.
  private static func salt(_ configuration: NodeConfiguration) -> UInt64 {
    Hash64.hash(Array(configuration.cluster.utf8), seed: UInt64(configuration.node.rawValue))
  }

  /// The groups that the cluster places on this node, ascending, each with the nodes of its first replicas.
  private static func placed(on configuration: NodeConfiguration) -> [(group: GroupID, nodes: [NodeID])] {
    let metadata = ShardMap.placement(0, nodes: configuration.nodes, replication: configuration.replication)
    let shards = initialMap(configuration).shards.map { (group: GroupID($0.id), nodes: $0.nodes) }
    return ([(group: .metadata, nodes: metadata)] + shards).filter { $0.nodes.contains(configuration.node) }
  }

  private static func initialMap(_ configuration: NodeConfiguration) -> ShardMap {
    ShardMap.initial(
      shards: configuration.shards, nodes: configuration.nodes, replication: configuration.replication)
  }

  // MARK: New

  /// The group's first record: from now on a journal without it is damaged.
  private mutating func make(
    _ group: GroupID, _ initial: Membership, _ configuration: NodeConfiguration, disk: any Disk,
    random: inout SeededRandom, now: Instant
  ) throws {
    journal.save(group, HardState())
    let store = try Self.store(group, configuration, disk: disk, random: &random)
    guard store.isNew || store.applied == .zero else {
      throw NodeFailure(
        "\(configuration.dataDirectory) has data but no identity: use another data directory, or restore the file.")
    }
    try add(group, Recovered(blank: initial), store, configuration, random: &random, now: now)
  }

  private func writeJournal() throws {
    while let write = try journal.takeWrite() {
      try write.perform()
      try journal.completed(write)
    }
  }

  // MARK: Old

  /// Joins what the log holds with what the store has applied. A damaged group takes no part.
  private mutating func recover(
    _ group: GroupID, _ recovery: Journal.Recovery, _ initial: Membership, _ configuration: NodeConfiguration,
    disk: any Disk, random: inout SeededRandom, now: Instant
  ) throws {
    if let damage = recovery.damage, damage.affects(group) {
      damaged.append((group, "Its log lost records: \(damage.reasons.joined(separator: "; "))."))
      return
    }
    guard let found = recovery.groups.first(where: { $0.group == group })?.log else {
      damaged.append((group, "Its log has no record of it."))
      return
    }
    let store: ShardStore
    do { store = try Self.store(group, configuration, disk: disk, random: &random) } catch {
      guard error.isDamage else { throw error }
      damaged.append((group, "Its store is damaged: \(error)."))
      return
    }
    let log = try journal.finishSwitch(of: group, to: store, found)
    guard store.flushed.index >= log.compacted.index else {
      damaged.append((group, "Its store is behind its log."))
      return
    }
    guard store.flushed.index <= log.last.index else {
      damaged.append((group, "Its store is ahead of its log."))
      return
    }
    do {
      let recovered = try recovered(group, log, initial, store)
      try add(group, recovered, store, configuration, random: &random, now: now)
    } catch let error as StoreError where error.isDamage {
      damaged.append((group, "Its store is damaged: \(error)."))
    } catch let error as JournalError where error.kind == .damaged {
      damaged.append((group, "Its log is damaged: \(error)."))
    }
  }

  private func recovered(
    _ group: GroupID, _ log: GroupLog, _ initial: Membership, _ store: ShardStore
  ) throws -> Recovered {
    let membership = try Replica.membership(in: store.metadata) ?? initial
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

  // MARK: Both

  private static func store(
    _ group: GroupID, _ configuration: NodeConfiguration, disk: any Disk, random: inout SeededRandom
  ) throws(StoreError) -> ShardStore {
    let name = group == .metadata ? "metadata" : "shard-\(group.rawValue)"
    return try ShardStore.open(
      disk: disk, directory: "\(configuration.dataDirectory)/\(name)",
      configuration: StoreConfiguration(seed: random.next()))
  }

  private mutating func add(
    _ group: GroupID, _ recovered: Recovered, _ store: ShardStore, _ configuration: NodeConfiguration,
    random: inout SeededRandom, now: Instant
  ) throws {
    let raft = RaftGroup(
      configuration: configuration.raft, id: ReplicaID(node: configuration.node), recovered: recovered,
      random: SeededRandom(seed: random.next()), now: now)
    let replica = try Replica(
      group: group, raft: raft, store: store, initialMap: Self.initialMap(configuration))
    for table in try replica.shard?.orphans() ?? [] { orphans.append((group, table, store.flushed.index)) }
    replicas.append(replica)
  }
}
