public import Environment

/// How bad the days of a simulated cluster are.
public struct SimulationOptions: Sendable {
  public var seed: UInt64
  public var nodes = 3
  public var shards = 2
  /// Messages between processes that never arrive, of a thousand.
  public var lossPerMille: UInt64 = 0
  /// Messages that arrive twice, of a thousand (between nodes only).
  public var duplicatesPerMille: UInt64 = 0
  public var networkDelayMax = Span.milliseconds(2)
  /// Blocking work takes up to this long.
  public var jobDelayMax = Span.milliseconds(3)
  /// Memory after which overlays are flushed; small, so that flushes and checkpoints happen all the time.
  public var overlayBytesMax = 64 << 10
  public var journalSegmentBytes = 256 << 10
  /// Log beyond which a member that lags gets a snapshot.
  public var journalBytesMax = 192 << 20
  /// Small, so that a snapshot takes many messages.
  public var snapshotChunkBytes = 8 << 10
  public var tickInterval = Span.milliseconds(10)

  public init(seed: UInt64) { self.seed = seed }
}
