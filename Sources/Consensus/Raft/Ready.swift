/// What the driver has to do next, in the order that ``RaftGroup`` describes.
public struct Ready: Sendable {
  /// A snapshot has replaced the log: drop every entry, the log starts after this position. Comes before `entries`.
  public var logReset: LogPosition?
  /// To be written when present; its term and vote must be synced before `messagesAfterSync` leave.
  public var hardState: HardState?
  /// To be appended, without a gap among themselves. Where the first index is already in the log, the log is cut there.
  public var entries: [Entry] = []
  /// Goes back to ``RaftGroup/persisted(_:)`` once everything of this and all earlier values is synced.
  public var ticket: SyncTicket
  /// To be sent at once, before or while the log is synced.
  public var messages: [Message] = []
  /// To be sent once everything of this and all earlier values is synced.
  public var messagesAfterSync: [Message] = []
  /// Committed and synced here: to be applied in order, then reported by ``RaftGroup/applied(_:)``.
  public var committed: [Entry] = []
  /// May be answered from the state that holds once `committed` is applied.
  public var reads: [ReadyRead] = []
  /// Reads that this replica can no longer answer, because it stopped leading.
  public var abandonedReads: [UInt64] = []
  /// Entries that the leader no longer has in memory, to be answered by ``RaftGroup/supply(peer:entries:previous:)``.
  public var fetches: [EntryFetch] = []
  /// The leader's log no longer reaches back far enough for this replica. Repeated until it catches up.
  public var snapshotOffer: SnapshotOffer?
  /// The role, term or known leader, where one of them changed.
  public var role: RoleChange?
  /// The membership in effect (that is, appended), where it changed.
  public var membership: Membership?

  /// Whether there is something to write; otherwise `messagesAfterSync` wait only for earlier writes.
  public var hasWrite: Bool { hardState != nil || !entries.isEmpty || logReset != nil }
}

/// What is durable once the ``Ready`` that carries it is synced. The driver only keeps it and gives it back.
public struct SyncTicket: Equatable, Sendable {
  /// The end of the log.
  public let last: LogPosition
  public let term: Term
  /// How often handed-out entries had been taken back: the same position may be appended, cut off and appended again,
  /// and the first sync says nothing about the second append.
  let truncations: UInt64
}

/// A read that was confirmed: nothing newer than `index` was acknowledged before it was asked for.
public struct ReadyRead: Equatable, Sendable {
  public var token: UInt64
  public var index: LogIndex
}

/// A wish for up to `bytesMax` bytes of entries after `previous` (at least one entry), for `peer`.
public struct EntryFetch: Equatable, Sendable {
  public var peer: ReplicaID
  public var previous: LogPosition
  /// The last index that is of use.
  public var through: LogIndex
  public var bytesMax: Int
}

public struct SnapshotOffer: Equatable, Sendable {
  public var from: ReplicaID
  public var position: LogPosition
  public var membership: Membership
}

public enum Role: UInt8, Equatable, Sendable { case follower, preCandidate, candidate, leader }

public struct RoleChange: Equatable, Sendable {
  public var role: Role
  public var term: Term
  public var leader: ReplicaID?
}

/// How far a leader has brought one member.
public struct PeerStatus: Equatable, Sendable {
  public enum State: UInt8, Sendable { case probe, replicate, snapshot }

  public var id: ReplicaID
  public var state: State
  public var match: LogIndex
  public var next: LogIndex
  /// The newest round that it answered.
  public var confirmed: Round
}
