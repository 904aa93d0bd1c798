/// Every bound of the HTTP servers, with its unit last in the name.
public struct HTTPLimits: Sendable {
  /// Header names and values together. A request line longer than the same is refused too.
  public var headerBlockBytesMax = 16 * 1024
  public var headerFieldsMax = 64
  /// DynamoDB's own bound of a request.
  public var bodyBytesMax = 16 << 20
  /// Bodies of all connections together that are being received or served; beyond it requests are refused.
  public var bodyBytesInFlightMax = 512 << 20
  /// Requests of one connection that wait for their answer; at that number it is not read any further.
  public var inFlightPerConnectionMax = 64
  /// One read may hold more pipelined requests than the connection may have in flight; beyond this they are refused.
  public var queuedPerConnectionMax = 1_024
  /// Requests of the process that wait for their answer; beyond it they are refused.
  public var inFlightPerProcessMax = 4_096
  public var connectionsMax = 8_192
  /// What a client may send on one HTTP/2 stream before it is read.
  public var windowBytes = 1 << 20
  /// A connection without a request or an answer under way is closed after this time.
  public var idleTimeoutMs: UInt64 = 180_000
  /// From the first byte of a request to the end of its header block.
  public var headerTimeoutMs: UInt64 = 10_000
  /// From the header block to the last byte of the body.
  public var bodyTimeoutMs: UInt64 = 60_000
  /// How long a client may leave answers unread.
  public var writeTimeoutMs: UInt64 = 30_000
  /// How long a connection that is being closed takes what the client still sends, so that the answer arrives before
  /// a reset.
  public var drainTimeoutMs: UInt64 = 2_000
  /// How often deadlines are looked at.
  public var sweepIntervalMs: UInt64 = 500
  /// How long a graceful shutdown waits for answers under way.
  public var shutdownTimeoutMs: UInt64 = 10_000

  public init() {}
}
