public import Items

/// What a write did. Sizes are bytes by DynamoDB's rules, zero for a missing item.
public struct WriteAnswer: Equatable, Sendable {
  public var oldBytes: UInt32
  public var newBytes: UInt32
  /// Present where asked for (``ReturnedImages``) and the item existed; `oldBytes` is zero where nothing asked for it.
  public var old: EncodedItem?
  public var new: EncodedItem?

  public init(oldBytes: UInt32, newBytes: UInt32, old: EncodedItem? = nil, new: EncodedItem? = nil) {
    self.oldBytes = oldBytes
    self.newBytes = newBytes
    self.old = old
    self.new = new
  }
}

public struct RangePage: Equatable, Sendable {
  public var items: [EncodedItem]
  /// Items that passed the filter; `items.count` unless only counts were asked for.
  public var count: UInt32
  public var scannedCount: UInt32
  /// The size of all examined items, for consumed capacity.
  public var scannedBytes: UInt64
  /// Where the page ended early: the key of the last item examined.
  public var last: RowKey?
  /// Items that were fetched for rows of a local index, in steps of 4 KB, each rounded up.
  public var fetchedSteps: UInt32

  public init(
    items: [EncodedItem] = [], count: UInt32 = 0, scannedCount: UInt32 = 0, scannedBytes: UInt64 = 0,
    last: RowKey? = nil, fetchedSteps: UInt32 = 0
  ) {
    self.items = items
    self.count = count
    self.scannedCount = scannedCount
    self.scannedBytes = scannedBytes
    self.last = last
    self.fetchedSteps = fetchedSteps
  }
}

/// Why a replica did not carry an operation out. All but `outcomeUnknown` promise that it had no effect and never will.
public enum Refusal: Equatable, Sendable {
  /// Ask `leader`, or any other replica where it is nil.
  case notLeader(leader: NodeID?)
  /// The replica leads in another term (that of the ``Response``) than the request was meant for: ask it again.
  case otherTerm
  /// The change was issued too long ago for the shard to know whether it was applied; its logical time is `timeMs`. This
  /// request had no effect.
  case expired(timeMs: UInt64)
  /// The item does not belong to this shard: the sender's shard map is old.
  case wrongShard
  /// The shard does not serve that table (not yet, or no longer).
  case unknownTable
  /// A queue is full; try again later.
  case overloaded
  /// The write may or may not take effect.
  case outcomeUnknown
  /// The request breaks a rule that only the shard can check; the text is DynamoDB's own.
  case invalid(String)
  /// The replica cannot serve (damaged store, read error); the text says what to do.
  case failed(String)
}

public enum Answer: Equatable, Sendable {
  case written(WriteAnswer)
  /// `old` is present where it was asked for and the item existed. `oldBytes` as in ``WriteAnswer``.
  case conditionFailed(old: EncodedItem?, oldBytes: UInt32)
  case item(EncodedItem?)
  case page(RangePage)
  /// The encoded outcome of a catalog command.
  case catalogOutcome([UInt8])
  /// The encoded catalog; nil where the asker's version is current.
  case catalog([UInt8]?)
  case done
  /// Ask again later.
  case notYet
  /// The log index at which replicas compute their checksum.
  case checksumAt(UInt64)
  /// Whether the answerer took part in any term, and the highest incarnation of the asker that it has seen (0: none).
  case member(hasTerm: Bool, seenIncarnation: UInt64)
  /// The raw value of a replica id (``Operation/replaceReplica(_:old:)``).
  case replacement(UInt64)
  /// The highest change of the batch's source that the shard has applied (``Operation/index(_:)``,
  /// ``Operation/region(_:)``).
  case indexed(through: UInt64)
  case mark(RegionMark)
  case stream(StreamPage)
  /// In the order of the question; empty where the shard's leader has not counted yet (``Operation/sizes(_:)``).
  case sizes([TableSize])
  case refused(Refusal)
}

public struct Response: Equatable, Sendable {
  public var id: UInt64
  /// The term of the replica that answered; 0 where no replica did.
  public var term: UInt64
  public var answer: Answer

  public init(id: UInt64, term: UInt64, answer: Answer) {
    self.id = id
    self.term = term
    self.answer = answer
  }
}
