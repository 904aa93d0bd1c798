import Catalog
public import Environment
import Journal
public import Messages
import Raft
import Replicas
import Shards
import Store

/// One machine: its replicas over one journal, as a synchronous event machine.
///
/// Confined to one event loop. Each event enters by one of the methods below and only changes state in memory;
/// ``takeEffects(now:)`` ends the turn: it lets every replica act on what came in, hands everything new to the journal at
/// once, and returns what is to be sent, answered and run on threads. Blocking work comes back by
/// ``jobFinished(_:error:now:)``.
public final class Node {
  public let configuration: NodeConfiguration
  let journal: Journal
  /// Ascending by group; the metadata group first.
  var replicas: [Replica]
  /// Groups in which this node takes no part until a successor of its replica is made. Ascending by group.
  var lost: [LostReplica]
  /// Open stores of lost replicas, and of their successors until they join.
  var lostStores: [GroupID: ShardStore] = [:]
  /// Nil until the node knows whether its cluster is new.
  var identity: IdentityKeeper?
  /// While there is no identity.
  var discovery: MemberDiscovery
  var mover: MemberMover
  var balance = LeaderBalance()
  var scrubber = Scrubber()
  /// The entry of the newest range that each replica has summed.
  var rangeSums: [GroupID: LogIndex] = [:]
  /// Replicas that were given up because they differed from most, since the node started.
  public internal(set) var replicasDiffered = 0
  var sightings: [NodeID: Sighting] = [:]
  /// The journal reports damage that may concern every group.
  var isJournalDamaged: Bool
  /// For the log of the process, until the end of the turn.
  var notices: [NodeNotice] = []
  var nextQuestion: UInt64 = 1
  let maker: ReplicaMaker
  private let clock: () -> Instant
  var random: SeededRandom

  private let lock: any File
  var gate = SyncGate()
  var reconciler: TableReconciler
  var indexes: IndexKeeper
  /// Where keys are until the catalog tells.
  private(set) lazy var initialMap = configuration.initialMap
  var streams = StreamKeeper()
  var regions: RegionKeeper
  /// Who carries the changes of feeds may have something to do: an entry was applied, an answer came, time went on.
  var hasFeedNews = true
  /// The wall clock of the last tick; nil before one that knew it.
  private(set) var wallTimeMs: UInt64?
  private(set) var tickedAt = Instant.zero
  /// When it was last said that another region's clock is ahead.
  var clockNoticedAt: Instant?
  var relays: Relays
  private var expiries = ExpirySweeper()
  private var sizes = SizeKeeper()
  var storage: StorageKeeper
  var handover = Handover()
  private(set) var jobs: [UInt64: NodeJob] = [:]
  private var nextJob: UInt64 = 1
  var replies: [ReplicaOutput.Reply] = []
  var outgoingRequests: [(node: NodeID, request: Request)] = []
  var outgoingRegional: [(region: String, node: NodeID, request: Request)] = []
  private var newJobs: [Job] = []
  var failure: NodeFailure?
  var checksums: [GroupID: ChecksumResult] = [:]
  var snapshots: SnapshotKeeper
  /// Replicas that lost what they had promised, since the node started or found at its start.
  public internal(set) var replicasLost = 0
  /// Replicas that work found damaged, to be reported with the turn.
  var damageFound: [(group: GroupID, reason: String)] = []
  /// When the last turn ended.
  private(set) var time = Instant.zero

  /// Blocking work under way.
  enum NodeJob {
    case journalWrite
    case journalPreparation(JournalPreparation)
    case storage(StorageKeeper.Task)
    case checksum(GroupID, LogIndex, ChecksumJob)
    case rangeSum(GroupID, LogIndex, RangeSumJob)
    case identity
    case renewal(GroupID, StoreRenewal)
    case snapshot(SnapshotKeeper.Task)
    case carry(JournalCarry)

    /// The group whose store the work uses.
    var storeGroup: GroupID? {
      switch self {
      case .storage(let task): task.group
      case .checksum(let group, _, _): group
      case .rangeSum(let group, _, _): group
      case .snapshot(.read(let session, _)): session.group
      case .snapshot(.build(let build)): build.group
      case .journalWrite, .journalPreparation, .identity, .renewal, .carry: nil
      }
    }
  }

  struct ChecksumResult {
    var index: LogIndex
    var sum: UInt64
    var digests: [TableDigest]
  }

  /// Opens the data directory and recovers every replica. Where the directory is new the node holds no replica until the
  /// other members were asked; where there are none it makes its own at once.
  ///
  /// - Throws: ``NodeFailure`` where the directory belongs to somebody else, is in use or cannot be read.
  /// - Parameter clock: the one that the times of all events come from; read again after reads under a lease.
  public init(
    configuration: NodeConfiguration, disk: any Disk, random: SeededRandom, now: Instant,
    clock: @escaping () -> Instant
  ) throws(NodeFailure) {
    self.clock = clock
    var random = random
    self.configuration = configuration
    maker = ReplicaMaker(configuration: configuration, disk: disk)
    let opened = try NodeOpening.open(maker, random: &random, now: now)
    self.random = random
    lock = opened.lock
    journal = opened.journal
    replicas = opened.replicas
    lost = opened.lost
    replicasLost = opened.lost.count { !$0.isLeaving && !$0.isComing }
    identity = opened.identity
    isJournalDamaged = opened.isJournalDamaged
    discovery = MemberDiscovery(peers: configuration.nodes.filter { $0 != configuration.node })
    storage = StorageKeeper(configuration: configuration, groups: opened.replicas.map(\.group))
    storage.drop(opened.orphans)
    snapshots = SnapshotKeeper(random: SeededRandom(seed: self.random.next()))
    // Answers to what was asked before a restart may still come: no start counts from where another one did.
    let first = self.random.next() >> 8
    reconciler = TableReconciler(
      firstTask: first, residencies: configuration.residencies, replicaRemovalMs: configuration.replicaRemovalMs)
    mover = MemberMover(firstRequest: first)
    indexes = IndexKeeper(firstRequest: first)
    relays = Relays(firstRequest: first)
    regions = RegionKeeper(configuration, firstRequest: first)
    try begin(now: now)
  }

  // MARK: Events

  /// To be called every 10 to 20 ms.
  ///
  /// - Parameter wallTimeMs: by which items expire; nil where it is not known: none does.
  public func tick(now: Instant, wallTimeMs: WallTimeMs? = nil) {
    if let wallTimeMs { self.wallTimeMs = wallTimeMs }
    tickedAt = now
    hasFeedNews = true
    for replica in replicas { replica.tick(now) }
    if let wallTimeMs, hasRoom { expiries.sweep(replicas, now: now, wallTimeMs: wallTimeMs) }
    sizes.tick(replicas, now: now)
    reconcile(now: now)
    moveReplicas(now: now)
    balanceLeaders(now: now)
    scrub(now: now)
    keepStorage(now: now)
    tickSnapshots(now: now)
    streams.tick(replicas, configuration.streams, now: now, wallTimeMs: wallTimeMs)
    noticeDiskSpace()
    handOver(now: now)
    if journal.isNoSpace, now.since(allocationTriedAt) >= Self.allocationRetryInterval {
      allocationTriedAt = now
      isAwaitingSpace = true
      journal.retryAllocation()
    }
  }

  /// When the journal write under way began.
  private var writeTakenAt: Instant?
  private var allocationTriedAt = Instant.zero
  /// The disk was full, and no segment could be made since.
  private var isAwaitingSpace = false
  /// Of what this turn took in although the disk is full.
  private var takenWhileFull = (entries: 0, bytes: 0)
  private var wasDiskFull = false
  private static let allocationRetryInterval = Span.seconds(1)

  /// A frame from another node's consensus connection. One that cannot be read is dropped.
  public func receivedConsensus(_ frame: [UInt8], from node: NodeID, now: Instant) {
    guard let frame = try? ConsensusFrame(frame) else { return }
    for part in frame.parts where part.message.from.node == node {
      // To the leader it is a lost message; heartbeats and votes go on.
      if part.message.carriesEntries, !accepts(part.message) { continue }
      guard let replica = replica(part.group), part.message.to == replica.raft.id else { continue }
      replica.step(part, now: now)
    }
  }

  /// Requests of one connection; the answers carry the same number.
  public func received(_ requests: [Request], connection: UInt64, now: Instant) {
    for request in requests {
      submit(request, to: .connection(connection, request: request.id), now: now)
    }
  }

  /// Answers of another node to requests of this one.
  public func received(_ responses: [Response], from node: NodeID, now: Instant) {
    for response in responses {
      if IndexKeeper.isOwn(response.id) {
        indexes.answered(response.id, response.answer, by: node, now: now)
        hasFeedNews = true
        continue
      }
      if MemberMover.isOwn(response.id) {
        mover.answered(response.id, response.answer, by: node, now: now)
        continue
      }
      if Relays.isOwn(response.id) {
        pass(response)
        continue
      }
      reconciler.answered(response.id, response.answer, now: now)
      answered(response, by: node, now: now)
    }
    reconcile(now: now)
  }

  /// A job of an earlier turn has ended; `error` is what it threw.
  public func jobFinished(_ id: UInt64, error: (any Error)?, now: Instant) {
    guard let job = jobs.removeValue(forKey: id) else { fatalError("A job ended that was not under way.") }
    switch job {
    case .journalWrite:
      writeTakenAt = nil
      journalAnswered(error) { release(try gate.completed(journal: journal)) }
    case .journalPreparation(let preparation):
      journalAnswered(error) { try journal.completed(preparation) }
      if !journal.isNoSpace { isAwaitingSpace = false }
      // At once: a leader refuses writes from here on.
      if journal.isNoSpace { handOver(now: now) }
    case .storage(let task):
      storageEnded(task, error: error, now: now)
    case .checksum(let group, let index, let job):
      job.close()
      if error == nil, replica(group) != nil, let sum = job.result {
        checksums[group] = ChecksumResult(index: index, sum: sum, digests: job.digests)
      }
      if let error = error as? StoreError, error.isDamage { lose(group, "Its store is damaged: \(error).", now: now) }
    case .rangeSum(let group, let index, let job): rangeSummed(group, index, job, error: error, now: now)
    case .identity: identityWritten(error, now: now)
    case .renewal(let group, let renewal): storeRenewed(group, renewal, error: error, now: now)
    case .snapshot(let task): snapshotWorkEnded(task, error: error, now: now)
    case .carry(let carry): carried(carry)
    }
  }

  var released: [ReplicaOutput.Outgoing] = []

  private func release(_ held: SyncGate.Held) {
    for (group, ticket) in held.tickets { replica(group)?.persisted(ticket) }
    for group in held.emptied { logEmptied(group) }
    released += held.messages
  }

  private func journalAnswered(_ error: (any Error)?, _ body: () throws -> Void) {
    do {
      if let error { throw error }
      try body()
    } catch {
      fail("The journal in \(configuration.dataDirectory) cannot be written: \(error). ")
    }
  }

  func fail(_ reason: String) {
    failure = NodeFailure(reason + "The node stops, because what it acknowledges would no longer be durable.")
  }

  func submit(_ request: Request, to: ReplyTo, now: Instant) {
    switch request.operation {
    case .describeMember(let asker): return replies.append(.init(to: to, term: 0, answer: describe(to: asker)))
    case .assign(let bytes): return assign(bytes, to: to)
    case .changeMembers(let bytes): return changeMembers(bytes, request, to: to, now: now)
    case .rangeSummed(let index, let sum, let node):
      scrubber.reported(GroupID(request.shard), index, sum, by: node)
      return replies.append(.init(to: to, term: 0, answer: .done))
    case .differs(let index): return differs(GroupID(request.shard), at: index, to: to, now: now)
    case .relay(let bytes): return relay(bytes, to: to, now: now)
    default: break
    }
    guard let replica = replica(GroupID(request.shard)) else {
      replies.append(.init(to: to, term: 0, answer: .refused(.notLeader(leader: nil))))
      return
    }
    if let answer = refusal(of: request, replica) ?? replica.submit(request, to: to, now: now) {
      replies.append(.init(to: to, term: replica.raft.term, answer: answer))
    }
  }

  private func refusal(of request: Request, _ replica: Replica) -> Answer? {
    guard replica.waitingCount < configuration.operationsMax else { return .refused(.overloaded) }
    if case .region(let batch) = request.operation, let refusal = refusal(of: batch) { return refusal }
    if case .catalogCommand(let command) = request.operation, let fault = removalFault(command, replica) {
      return fault
    }
    // Who does not lead, or not for long, says so: another member may have room.
    if request.operation.needsRoom, replica.raft.isLeader, !hasRoom, !replica.raft.isHandingOver {
      // Whoever follows a leader with a full disk may have room; until then clients ask again.
      if isDiskFull, replica.raft.membership.voters.count > 1, handover.isHopeful(replica.group) {
        return .refused(.notLeader(leader: nil))
      }
      Probes.hit(.writeIsRefusedForSpace)
      return .refused(.overloaded)
    }
    return nil
  }

  /// False while the disk is full, the log is behind, or the overlays hold all that they may: writes then wait at their
  /// clients, and votes, truncations and flushes go on.
  private var hasRoom: Bool {
    !isDiskFull && journal.bytesPending <= 2 * configuration.journal.segmentBytes
      && overlayBytes <= configuration.overlayBytesMax
  }

  /// The log cannot grow: what is left of it is not given to new writes.
  public var isDiskFull: Bool { journal.isNoSpace || isAwaitingSpace }

  /// A follower takes less care than a leader: what it refuses, it will have to take later. On a full disk it takes what
  /// the log has room for beside its reserve, so that a group with another member down goes on for a while, and always
  /// the entries without which no leader could begin.
  private func accepts(_ message: Message) -> Bool {
    guard overlayBytes <= configuration.overlayBytesMax / 2 * 3 else { return false }
    guard isDiskFull else { return true }
    let load = message.operationLoad
    if load.count == 0 { return true }
    let taken = (entries: takenWhileFull.entries + load.count, bytes: takenWhileFull.bytes + load.bytes)
    guard journal.keepsReserve(adding: taken.entries, payloadBytes: taken.bytes) else { return false }
    takenWhileFull = taken
    return true
  }

  private func handOver(now: Instant) {
    handover.tick(replicas, isDiskFull: isDiskFull, syncSince: writeTakenAt, now: now)
  }

  private func noticeDiskSpace() {
    guard isDiskFull != wasDiskFull else { return }
    wasDiskFull = isDiskFull
    notice(
      nil,
      isDiskFull
        ? "The disk is full: this node hands over what it leads, and follows as long as its log has room."
        : "The disk has space again.")
  }

  func replica(_ group: GroupID) -> Replica? {
    // Groups are few and, on a small cluster, numbered without gaps.
    let position = Int(group.rawValue)
    if position < replicas.count, replicas[position].group == group { return replicas[position] }
    return replicas.first { $0.group == group }
  }

  // MARK: The end of a turn

  public func takeEffects(now: Instant) -> NodeEffects {
    time = now
    var effects = NodeEffects()
    discover(now: now)
    rebuild(now: now)
    if let failure {
      effects.failure = failure
      return effects
    }
    var output = ReplicaOutput()
    for replica in replicas { replica.advance(journal: journal, output: &output, now: now, clock: clock) }
    // What was applied just now leaves with this turn.
    if output.hasApplied { hasFeedNews = true }
    let hasLooked = hasFeedNews
    hasFeedNews = false
    let hasProposed = hasLooked && feed(now: now)
    takenWhileFull = (0, 0)
    advanceSnapshots(output.snapshotOffers, now: now)
    output.damaged += damageFound
    damageFound = []
    for (group, reason) in output.damaged {
      output.forget(group)
      lose(group, reason, now: now)
    }
    output.messages += released
    released = []
    gate.hold(output.messagesAfterSync, output.tickets, journal: journal)
    journalAnswered(nil) { try startJournalWork() }
    let unheld = gate.takeUnheld(journal: journal)
    for (group, ticket) in unheld.tickets { replica(group)?.persisted(ticket) }
    effects.consensus = frames(output.messages) + frames(unheld.messages)
    effects.hasMore = replicas.contains { $0.hasMore }
    startChecksums(output.checksums)
    startRangeSums(output.rangeSums)
    storage.drop(output.dropped)
    settle(output, &effects, now: now)
    if hasProposed || ((hasLooked || hasFeedNews) && feedsHaveMore) {
      hasFeedNews = true
      effects.hasMore = true
    }
    writeIdentity(now: now)
    swap(&effects.notices, &notices)
    swap(&effects.jobs, &newJobs)
    swap(&effects.bulk, &snapshots.outgoing)
    return effects
  }

  private func frames(_ messages: [ReplicaOutput.Outgoing]) -> [(node: NodeID, bytes: [UInt8])] {
    guard !messages.isEmpty else { return [] }
    var frames: [(node: NodeID, bytes: [UInt8])] = []
    var parts: [ConsensusFrame.Part] = []
    for node in nodes {
      for message in messages where message.node == node { parts.append(message.part) }
      if parts.isEmpty { continue }
      for frame in ConsensusFrame.encode(parts) { frames.append((node, frame)) }
      parts.removeAll(keepingCapacity: true)
    }
    return frames
  }

  private func settle(_ output: ReplicaOutput, _ effects: inout NodeEffects, now: Instant) {
    var byConnection: [(connection: UInt64, responses: [Response])] = []
    for reply in replies + output.replies {
      switch reply.to {
      case .local(let id) where IndexKeeper.isOwn(id):
        indexes.answered(id, reply.answer, by: configuration.node, now: now)
        hasFeedNews = true
      case .local(let id) where MemberMover.isOwn(id):
        mover.answered(id, reply.answer, by: configuration.node, now: now)
      case .local(let id): reconciler.answered(id, reply.answer, now: now)
      case .connection(let connection, let request):
        let response = Response(id: request, term: reply.term, answer: reply.answer)
        if let position = byConnection.firstIndex(where: { $0.connection == connection }) {
          byConnection[position].responses.append(response)
        } else {
          byConnection.append((connection, [response]))
        }
      }
    }
    replies = []
    effects.responses = byConnection
    for node in nodes where !outgoingRequests.isEmpty {
      let requests = outgoingRequests.filter { $0.node == node }.map(\.request)
      if !requests.isEmpty { effects.requests.append((node, requests)) }
    }
    outgoingRequests = []
    for region in regions.others where !outgoingRegional.isEmpty {
      for node in region.nodes {
        let requests = outgoingRegional.filter { $0.region == region.name && $0.node == node }.map(\.request)
        if !requests.isEmpty { effects.regional.append((region.name, node, requests)) }
      }
    }
    outgoingRegional = []
  }

  // MARK: Jobs

  private func startJournalWork() throws {
    if let write = try gate.takeWrite(journal: journal) {
      writeTakenAt = time
      startJob(.journalWrite, lane: .journal) { try write.perform() }
    }
    if let preparation = try journal.takePreparation() {
      startJob(.journalPreparation(preparation), lane: .preparation) { try preparation.perform() }
    }
  }

  func startJob(_ job: NodeJob, lane: Job.Lane, _ work: @escaping () throws -> Void) {
    let id = nextJob
    nextJob += 1
    jobs[id] = job
    newJobs.append(Job(id: id, lane: lane, work: work))
  }

  private func startChecksums(_ wanted: [(group: GroupID, index: LogIndex, job: ChecksumJob)]) {
    for (group, index, job) in wanted {
      startJob(.checksum(group, index, job), lane: .background) { try job.run() }
    }
  }

  private func keepStorage(now: Instant) {
    dropPinnedLogs()
    guard let (task, work) = storage.next(replicas, pins: boundLog(), now: now) else { return }
    startJob(.storage(task), lane: .storage, work)
  }
}

extension Operation {
  /// Whether it adds what a client or another shard writes.
  fileprivate var needsRoom: Bool {
    switch self {
    case .write, .index, .region: true
    default: false
    }
  }
}
