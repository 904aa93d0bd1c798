public import Raft

/// What recovery found of one group.
public struct GroupLog: Equatable, Sendable {
  /// Consecutive entries of one term, from `first` to the next run or the end.
  public struct TermRun: Equatable, Sendable {
    public var first: LogIndex
    public var term: Term
  }

  /// The newest term and vote. Where the log's last entry has a later term, that term and no vote; `commit` lies
  /// between the compaction and the last entry.
  public var hardState: HardState
  /// Entries up to here are gone from the log.
  public var compacted: LogPosition
  /// The membership at `compacted`, where one was given.
  public var membership: Membership?
  /// The newest entry, or `compacted` where there is none.
  public var last: LogPosition
  /// The terms of the entries after `compacted`.
  public var termRuns: [TermRun]
  /// Every entry of kind membership after `compacted`, in order.
  public var membershipEntries: [Entry]
  /// The newest entries, as many as `recoveryTailBytes` allows; ``Journal/read(_:from:bytesMax:)`` has the others.
  public var tail: [Entry]
}

extension Journal {
  /// What ``Journal/open(disk:directory:configuration:)`` found.
  public struct Recovery: Sendable {
    /// Ascending by group.
    public var groups: [(group: GroupID, log: GroupLog)]
    /// Nil: every record that was ever synced and not dropped is in `groups`.
    public var damage: Damage?
    /// Batches at the end that a crash tore before their sync returned; nothing in them was acknowledged.
    public var tornBatches: Int
  }
}
