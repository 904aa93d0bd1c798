/// Every bound of a load.
public enum LoadLimits {
  public static let clientsMax = 20_000
  public static let threadsMax = 64
  /// Operations a second.
  public static let rateMax = 10_000_000.0
  public static let retriesMax = 100
  /// Longer times are counted as that long.
  static let latencyNanosecondsMax: UInt64 = 3_600 * 1_000_000_000
  /// How much before an operation is due its loop wakes at most; never more than a quarter of the time until then.
  static let wakeLeadNanosecondsMax: UInt64 = 50_000
  /// How often deadlines are looked at.
  static let tickMs: Int64 = 20
  /// How long an interrupted load waits for what is under way.
  static let interruptedWaitMs: UInt64 = 2_000
  /// Back-off before an attempt is made again: full jitter under a doubling cap.
  static let firstRetryDelayMs: UInt64 = 25
  static let retryDelayMsMax: UInt64 = 1_000
  /// Connections that are made at a time, so that a server's queue of new ones does not overflow.
  static let connectsAtOnce = 32
  static let connectTimeoutMs: Int64 = 2_000
  static let responseHeadBytesMax = 16 << 10
  static let responseBodyBytesMax = 32 << 20
}
