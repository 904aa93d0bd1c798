public import Environment

/// One question of a leader to its group: "do you still follow me?" Followers give it back unchanged.
///
/// An answer proves that its sender followed this leader at some time after `sentAt` on the leader's clock: reads
/// wait for a majority of such answers, and the promise that comes with it is counted from `sentAt`.
public struct Round: Hashable, Sendable {
  public var number: UInt64
  public var sentAt: Instant

  @inlinable public init(number: UInt64, sentAt: Instant) {
    self.number = number
    self.sentAt = sentAt
  }

  public static let none = Round(number: 0, sentAt: .zero)
}

/// What one replica tells another of its group.
public struct Message: Equatable, Sendable {
  public var from: ReplicaID
  public var to: ReplicaID
  /// The sender's term; in `preVote`, and in an answer that grants one, the term in which the asker would stand.
  public var term: Term
  public var body: Body

  public enum Body: Equatable, Sendable {
    /// "Would you vote for me?" Changes nothing at its receiver.
    case preVote(last: LogPosition)
    case preVoteAnswer(isGranted: Bool)
    /// A vote that a leader asked for by `timeoutNow` is not refused because that leader is alive.
    case vote(last: LogPosition, isTransfer: Bool)
    case voteAnswer(isGranted: Bool)
    /// Entries follow `previous` without a gap. Without entries it asks whether the logs agree at `previous`.
    case append(previous: LogPosition, entries: [Entry], commit: LogIndex, round: Round)
    /// The sender's synced log agrees with the leader's up to `match`. For the time of `promise` after the message that
    /// is answered came, the sender neither votes nor stands, unless this leader asks for it.
    case appendAnswer(match: LogIndex, round: Round, promise: Span)
    /// The logs differ at index `rejected`; `hint` is the last place where they may still agree.
    case appendConflict(rejected: LogIndex, hint: LogPosition, round: Round, promise: Span)
    case heartbeat(commit: LogIndex, round: Round)
    /// To a leader of an older term it says only that the term is over, and promises nothing.
    case heartbeatAnswer(round: Round, promise: Span)
    /// The follower needs entries that the leader has dropped. The state itself travels on another path.
    case installSnapshot(position: LogPosition, membership: Membership, round: Round)
    /// The leader hands over: stand at once.
    case timeoutNow
  }

  @inlinable public init(from: ReplicaID, to: ReplicaID, term: Term, body: Body) {
    self.from = from
    self.to = to
    self.term = term
    self.body = body
  }
}
