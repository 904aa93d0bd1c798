public import Messages
public import Raft
public import Shards

/// What the replicas of a node want done, gathered over one loop turn.
public struct ReplicaOutput {
  public struct Outgoing {
    public var node: NodeID
    public var part: ConsensusFrame.Part
  }

  public struct Reply {
    public var to: ReplyTo
    /// The replica's term when it answered.
    public var term: Term
    public var answer: Answer

    public init(to: ReplyTo, term: Term, answer: Answer) {
      self.to = to
      self.term = term
      self.answer = answer
    }
  }

  /// To be sent at once.
  public var messages: [Outgoing] = []
  /// To be sent when everything handed to the journal so far is synced.
  public var messagesAfterSync: [Outgoing] = []
  /// To be given back at the same time, each to the replica of its group.
  public var tickets: [(group: GroupID, ticket: SyncTicket)] = []
  public var replies: [Reply] = []
  /// Checksums to be computed, each of the state at the entry with that index.
  public var checksums: [(group: GroupID, index: LogIndex, job: ChecksumJob)] = []
  /// Sums over some rows, likewise.
  public var rangeSums: [(group: GroupID, index: LogIndex, job: RangeSumJob)] = []
  /// Rows of tables and indexes that a shard no longer serves since the entry with that index.
  public var dropped: [(group: GroupID, rows: RowRange, index: LogIndex)] = []

  /// Replicas that found what is on their disk damaged, with the reason: they must not act any more.
  public var damaged: [(group: GroupID, reason: String)] = []

  /// States that followers are to fetch, because their leader's log no longer reaches back to them.
  public var snapshotOffers: [(group: GroupID, offer: SnapshotOffer)] = []

  /// Whether any of them applied an entry.
  public var hasApplied = false

  /// What was read from the log on disk for followers, over all replicas.
  public var fetchedBytes = 0

  public init() {}

  /// What a replica that is lost wanted done is not done; what it answered stays.
  public mutating func forget(_ group: GroupID) {
    messages.removeAll { $0.part.group == group }
    messagesAfterSync.removeAll { $0.part.group == group }
    tickets.removeAll { $0.group == group }
    dropped.removeAll { $0.group == group }
  }
}
