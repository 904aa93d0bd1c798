/// What a replica finds on its disk when it starts. Everything in it is synced.
public struct Recovered: Sendable {
  public var hardState: HardState
  /// The membership at index `applied`; membership entries among `entries` are added to it.
  public var membership: Membership
  /// The position through which the log was dropped.
  public var compacted: LogPosition
  /// The first entry of each term above `compacted`, ascending. Those that lie in `entries` may be left out.
  public var terms: [LogPosition]
  /// The end of the log, without a gap, at least everything above `applied`.
  public var entries: [Entry]
  public var lastIndex: LogIndex
  /// Through which index the state machine's durable state has applied the log.
  public var applied: LogIndex

  public init(
    hardState: HardState, membership: Membership, compacted: LogPosition, terms: [LogPosition] = [],
    entries: [Entry], lastIndex: LogIndex? = nil, applied: LogIndex
  ) {
    self.hardState = hardState
    self.membership = membership
    self.compacted = compacted
    self.terms = terms
    self.entries = entries
    self.lastIndex = lastIndex ?? entries.last?.index ?? compacted.index
    self.applied = applied
  }

  /// A replica that has nothing yet. All initial members of a group start with the same membership; a replica that
  /// joins later starts with ``Membership/none``.
  public init(blank membership: Membership) {
    self.init(hardState: HardState(), membership: membership, compacted: .zero, entries: [], applied: 0)
  }
}
