public import Environment

/// One replica's part in one Raft group (Ongaro and Ousterhout 2014), as pure state: inputs in, one value out.
///
/// It reads no clock, touches no disk or socket and starts no thread; time comes with each input, and a time earlier
/// than one given before counts as that one. Leases rest on it: the time of a message is a reading of the clock taken
/// after the message arrived, the time of the start one taken after the process started, and the clock keeps counting
/// while the machine sleeps. Its owner, the driver, feeds it from one thread:
///
/// 1. Inputs: ``step(_:now:)`` for a message, ``tick(_:)`` at ``nextDeadline``, ``propose(_:)``, ``requestRead(_:now:)``,
///    ``proposeMembership(voters:learners:)``, ``transferLeadership(to:now:)``, ``leaderDied(_:term:now:)``,
///    ``compact(through:)``, and the answers to its own wishes: ``persisted(_:)``, ``applied(_:)``,
///    ``supply(peer:entries:previous:)``, ``snapshotInstalled(_:membership:)``.
/// 2. Output: ``nextReady()`` gives a ``Ready`` until there is none. Many inputs may share one.
///
/// For each ``Ready``, in this order:
/// - **Persist.** Write `logReset`, `hardState` and `entries` to the log, after those of all earlier values. The write
///   may still be under way when the next value is taken, but writes end in the order in which they were taken.
/// - **Send** `messages` at once: a leader's appends leave before its own sync.
/// - **After the sync** of this and all earlier values, call ``persisted(_:)`` with its ticket and send
///   `messagesAfterSync`: votes and acknowledgements are promises about what is on this disk. A failed sync is final:
///   the process stops and sends none of them.
/// - **Apply** `committed` in order, call ``applied(_:)``, then answer `reads`. It may happen before the sync of the
///   same value: what is in `committed` was synced earlier.
/// - Answer `fetches` from the log on disk, and a `snapshotOffer` by fetching the state, whenever that is done. Offers
///   repeat: a driver that is already fetching ignores them.
///
/// A linearizable read is a ``requestRead(_:now:)``, or, while the leader ``holdsLease(at:)``, a read of the applied
/// state that is checked afterwards.
///
/// What the caller of ``propose(_:)`` gets back is a position. The proposal has succeeded when an entry with that
/// position, term included, comes out in `committed`; it has failed when an entry of another term comes out at that
/// index; until then, a change of role included, its outcome is unknown.
///
/// The core checks what it can see of this contract and stops the process where it was broken.
public struct RaftGroup: Sendable {
  public let configuration: RaftConfiguration
  public let id: ReplicaID
  public internal(set) var term: Term
  public internal(set) var role = Role.follower
  /// The leader of this term, as far as it is known here.
  public internal(set) var leader: ReplicaID?
  var vote: ReplicaID?
  var log: RaftLog
  var memberships: MembershipHistory
  var random: SeededRandom
  /// The latest time that the driver told.
  var clock: Instant

  // Followers and candidates.
  var electionDue: Instant
  var electionTimeout = Span.zero
  var hasHeardLeader = false
  /// Until then this replica neither votes nor stands.
  var promisedUntil = Instant.zero
  /// The newest term that is known to be on this disk.
  var durableTerm: Term
  /// After a proof that the leader is dead: until then a refusal is no reason to wait long.
  var earlyElectionEnd = Instant.zero
  var votes: [Ballot] = []

  // Leaders. `progress` ascends by id and has every member and this replica.
  var progress: [Progress] = []
  var termStart: LogIndex = 0
  var round = Round.none
  var heartbeatDue = Instant.distantFuture
  var commitNoticeDue: Instant?
  var transfer: Transfer?
  /// A transfer was begun in this term. It may be obeyed late, whatever has become of it here.
  var isLeaseGivenUp = false
  var needsReplication = false
  var reads = PendingReads()

  // What the next Ready will carry.
  var outbox = Outbox()

  struct Ballot {
    var voter: ReplicaID
    var isGranted: Bool
  }

  struct Transfer {
    var target: ReplicaID
    var due: Instant
    var isAsked: Bool
  }

  /// Starts as a follower. `random` must differ between the replicas of a group, or their elections collide.
  public init(
    configuration: RaftConfiguration, id: ReplicaID, recovered: Recovered, random: SeededRandom, now: Instant
  ) {
    self.configuration = configuration
    self.id = id
    self.random = random
    log = RaftLog(recovered)
    // A crash came between a snapshot and the hard state that follows it: the vote of an older term is void.
    let isOvertaken = recovered.compacted.term > recovered.hardState.term
    term = isOvertaken ? recovered.compacted.term : recovered.hardState.term
    vote = isOvertaken ? nil : recovered.hardState.vote
    durableTerm = term
    memberships = MembershipHistory(recovered)
    clock = now
    electionDue = now
    guard log.last.term <= term else { fatalError("The recovered log has entries of a term above the recovered term.") }
    outbox.handedHardState = recovered.hardState
    outbox.handedRole = RoleChange(role: .follower, term: term, leader: nil)
    keepForgottenPromises()
    restartElectionTimer(now)
  }

  // MARK: What can be asked

  /// Who decides and who follows now: the newest membership in the log, committed or not (paper, section 6).
  public var membership: Membership { memberships.current }
  public var isLeader: Bool { role == .leader }
  public var commit: LogIndex { log.commit }
  public var applied: LogIndex { log.applied }
  public var last: LogPosition { log.last }
  public var compacted: LogPosition { log.compacted }
  /// Memory taken by entries, in bytes. Beyond `entryCacheBytesMax` it grows only by entries that are not yet synced
  /// and applied: a driver that refuses proposals far beyond that bounds it.
  public var cachedBytes: Int { log.cacheBytes }
  /// Whether the leader has committed an entry of its own term, and so knows all that was committed before.
  public var isEstablished: Bool { role == .leader && log.commit >= termStart }

  /// The term of the entry at `index`; nil below ``compacted`` and above ``last``.
  public func term(at index: LogIndex) -> Term? { log.term(at: index) }

  /// The membership in effect at `index`, which must not be below ``compacted`` (or the index recovered as applied).
  public func membership(at index: LogIndex) -> Membership { memberships.at(index) }

  /// A leader's view of every member, itself included; empty elsewhere.
  public var peers: [PeerStatus] { progress.map { $0.status } }

  // MARK: Time

  /// When ``tick(_:)`` is due. Changes with every input.
  public var nextDeadline: Instant {
    switch role {
    case .leader:
      min(heartbeatDue, commitNoticeDue ?? .distantFuture, transfer?.due ?? .distantFuture)
    case .follower, .preCandidate, .candidate:
      mayStand ? max(electionDue, promisedUntil) : .distantFuture
    }
  }

  /// As ``tick(_:)``, where ``nextDeadline`` has come.
  public mutating func tickIfDue(_ now: Instant) { if nextDeadline <= now { tick(now) } }

  public mutating func tick(_ now: Instant) {
    advance(now)
    switch role {
    case .leader: tickLeader()
    case .follower, .preCandidate, .candidate:
      guard clock >= nextDeadline else { return }
      // While the disk is behind, requests for votes would leave too late to win, and each new term would take away what
      // others have won meanwhile.
      if durableTerm < term { restartElectionTimer(clock) } else { askForPreVotes() }
    }
  }

  mutating func advance(_ now: Instant) {
    clock = max(clock, now)
  }

  // MARK: The log

  /// Everything up to and including the ``Ready`` that carried `ticket` is synced. A leader counts itself only now.
  public mutating func persisted(_ ticket: SyncTicket) {
    durableTerm = max(durableTerm, ticket.term)
    if log.persisted(ticket) {
      if role == .leader, let own = slot(of: id) {
        progress[own].match = log.persisted
        advanceCommit()
      }
      log.evict(bytesMax: configuration.entryCacheBytesMax)
    }
    if role == .candidate, ticket.term == term { count(Ballot(voter: id, isGranted: true)) }
  }

  /// The state machine has applied everything through `index`.
  public mutating func applied(_ index: LogIndex) {
    log.applied(index)
    log.evict(bytesMax: configuration.entryCacheBytesMax)
  }

  /// The driver drops the log through `position`, which is applied durably. Followers that still need it will be
  /// offered a snapshot.
  public mutating func compact(through position: LogPosition) {
    log.compact(through: position)
    memberships.compact(through: log.compacted.index)
  }

  /// Appends an entry as leader. Nil where this replica does not lead or is handing over.
  public mutating func propose(_ payload: [UInt8]) -> LogPosition? {
    guard role == .leader, transfer == nil else { return nil }
    return append(.normal, payload)
  }

  mutating func append(_ kind: EntryKind, _ payload: [UInt8]) -> LogPosition {
    let entry = Entry(index: log.last.index + 1, term: term, kind: kind, payload: payload)
    log.append(entry)
    needsReplication = true
    return entry.position
  }

  func slot(of id: ReplicaID) -> Int? { progress.slot(of: id) }

  mutating func send(_ body: Message.Body, to peer: ReplicaID, term: Term? = nil) {
    outbox.messages.append(Message(from: id, to: peer, term: term ?? self.term, body: body))
  }

  mutating func sendAfterSync(_ body: Message.Body, to peer: ReplicaID) {
    outbox.messagesAfterSync.append(Message(from: id, to: peer, term: term, body: body))
  }
}
