public import Environment

/// What a simulated cluster is made of, and how bad its ordinary days are.
public struct SimulationOptions: Sendable {
  public var seed: UInt64
  public var nodes = 3
  public var coordinators = 1
  public var shards = 2
  public var replication = 3
  /// Messages between processes that never arrive, of a thousand.
  public var lossPerMille: UInt64 = 0
  /// Messages that arrive twice, of a thousand (between nodes only).
  public var duplicatesPerMille: UInt64 = 0
  public var networkDelayMax = Span.milliseconds(2)
  /// Blocking work takes up to this long.
  public var jobDelayMax = Span.milliseconds(3)
  /// Memory after which overlays are flushed; small, so that flushes and checkpoints happen all the time.
  public var overlayBytesMax = 64 << 10
  public var storageFlushBytesMin = 4 << 10
  /// Records of changes after which they are written to their file, and the size of one.
  public var appendedBytesMax = 4 << 10
  public var appendedFileBytes: UInt64 = 32 << 10
  public var idleFlushDelay = Span.milliseconds(500)
  public var journalSegmentBytes = 256 << 10
  /// Log beyond which a member that lags gets a snapshot.
  public var journalBytesMax = 192 << 20
  /// How often traces of removed items are looked for that no region needs any more.
  public var traceInterval = Span.seconds(5)
  /// Small, so that a snapshot takes many messages.
  public var snapshotChunkBytes = 8 << 10
  public var tickInterval = Span.milliseconds(10)
  /// Bounds of Raft's batches, small ones force many messages; nil: as they are.
  public var appendBytesMax: Int?
  public var inflightAppendsMax: Int?
  public var applyBytesMax: Int?
  public var entryCacheBytesMax: Int?
  /// What the streams of a shard keep; nil: all. Little forces them to give records up.
  public var streamBytesMax: UInt64?
  /// Changes that wait for a region beyond which it gets what tables hold instead; nil: as it is.
  public var regionFeedBytesMax: UInt64?
  /// Page caches of stores; small ones read what large ones remember. Nil: as they are.
  public var storeCacheBytes: Int?
  /// Page size of stores; a row takes pages of its own where it is longer than a quarter of one. Nil: as it is.
  public var storePageBytes: Int?
  /// Elections after this time and a tenth more; nil: as they are. Long ones leave much time in which a lease may be wrong.
  public var electionTimeMin: Span?
  /// One machine's clock runs as slow as it may from the start, all others' as fast.
  public var clocksDriftApart = false
  /// Messages that take up to ``strayDelayMax``, of a million.
  public var straysPerMillion: UInt64 = 0
  public var strayDelayMax = Span.seconds(4)
  /// Whether an address that refuses proves to other nodes that its process is dead, as it does on loopback.
  public var deathIsProven = false
  /// Clocks of machines show different times from the start.
  public var clocksDiffer = false
  /// How often of a million a process stands still between reading a value and looking at the clock again.
  public var stallsPerMillion: UInt64 = 0
  public var stallMax = Span.seconds(1)
  /// Messages between coordinators and nodes are lost as well, as on a connection that stalls.
  public var coordinatorsLoseMessages = false
  /// Coordinators find out within this time that a machine lost its power.
  public var crashShownAfterMax = Span.zero

  public init(seed: UInt64) { self.seed = seed }
}
