public import Environment

/// The times and bounds of one group. Every replica of a group must use the same election times.
public struct RaftConfiguration: Equatable, Sendable {
  /// How often a leader shows that it lives. Longer than a third of `electionTimeoutMin`, one lost message elects.
  public var heartbeatInterval = Span.milliseconds(60)
  /// A follower stands after a time drawn between these without a leader. With every answer it promises the leader to
  /// stay silent for the shorter one, which is what leases are made of; a replica that restarts is silent as long. To
  /// lower it, keep all replicas of a group stopped for the old value, or a lease may outlive its promise.
  public var electionTimeoutMin = Span.milliseconds(300)
  public var electionTimeoutMax = Span.milliseconds(600)
  /// The same until this replica first heard a leader since it started, counted from the end of the silence after a
  /// restart. Safe however short: pre-votes change nothing, and replicas that hear a leader refuse them.
  public var firstElectionTimeoutMin = Span.milliseconds(20)
  public var firstElectionTimeoutMax = Span.milliseconds(120)
  /// After a proof that the leader is dead a follower stands within this time; different draws avoid a split vote.
  public var earlyElectionDelayMax = Span.milliseconds(30)
  /// A follower with that proof whose election is refused, by those who have none, asks again after a time between these.
  public var earlyElectionRetryMin = Span.milliseconds(50)
  public var earlyElectionRetryMax = Span.milliseconds(100)
  /// A leader that a majority has not answered for `electionTimeoutMax` steps down. Without it there are no leases.
  public var checkQuorum = true
  /// Followers hear of a commit no later than this, even when nothing else is sent to them.
  public var commitNoticeDelay = Span.milliseconds(10)
  /// Entries in one append, in bytes; one entry may be larger and then travels alone.
  public var appendBytesMax = 1 << 20
  /// Appends, and the bytes in them, on their way to one follower without an answer.
  public var inflightAppendsMax = 64
  public var inflightBytesMax = 8 << 20
  /// Entries handed out for applying in one ``Ready``, in bytes; one entry may be larger.
  public var applyBytesMax = 4 << 20
  /// Entries kept in memory, in bytes. What is not yet synced or applied stays beyond it.
  public var entryCacheBytesMax = 16 << 20

  public init() {}

  /// Refuses combinations with which a group would elect needlessly or never send anything.
  public func validate() throws(InvalidRaftConfiguration) {
    func demand(_ holds: Bool, _ message: String) throws(InvalidRaftConfiguration) {
      if !holds { throw InvalidRaftConfiguration(message: message) }
    }
    try demand(heartbeatInterval > .zero, "heartbeatInterval must be positive")
    try demand(
      heartbeatInterval.nanoseconds <= electionTimeoutMin.nanoseconds / 3,
      "heartbeatInterval must be at most a third of electionTimeoutMin")
    try demand(electionTimeoutMin < electionTimeoutMax, "electionTimeoutMin must be below electionTimeoutMax")
    try demand(firstElectionTimeoutMin > .zero, "firstElectionTimeoutMin must be positive")
    try demand(
      firstElectionTimeoutMin < firstElectionTimeoutMax,
      "firstElectionTimeoutMin must be below firstElectionTimeoutMax")
    try demand(
      earlyElectionDelayMax < electionTimeoutMin, "earlyElectionDelayMax must be below electionTimeoutMin")
    try demand(earlyElectionRetryMin > .zero, "earlyElectionRetryMin must be positive")
    try demand(
      earlyElectionRetryMin < earlyElectionRetryMax, "earlyElectionRetryMin must be below earlyElectionRetryMax")
    try demand(appendBytesMax > 0, "appendBytesMax must be positive")
    try demand(inflightAppendsMax > 0, "inflightAppendsMax must be positive")
    try demand(inflightBytesMax >= appendBytesMax, "inflightBytesMax must hold one append of appendBytesMax")
    try demand(applyBytesMax > 0, "applyBytesMax must be positive")
    try demand(entryCacheBytesMax >= 0, "entryCacheBytesMax must not be negative")
  }
}

public struct InvalidRaftConfiguration: Error, Equatable, CustomStringConvertible {
  public var message: String
  public var description: String { message }
}
