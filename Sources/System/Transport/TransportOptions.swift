public import Environment
public import Logging

/// What may differ between processes and tests. Times are real time on the event loop.
public struct TransportOptions: Sendable {
  public var logger: Logger
  public var metrics: TransportMetrics?
  /// A dialer gives up when the address has not answered a connection attempt.
  public var connectTimeout = TransportLimits.connectTimeout
  /// A dialer gives up when the listener has not answered the handshake.
  public var handshakeTimeout = TransportLimits.handshakeTimeout
  /// A listener closes a connection that sent no acceptable request.
  public var requestTimeout = TransportLimits.requestTimeout
  /// Asks for a sign of life after hearing nothing for so long. Answered within a turn by a healthy peer.
  public var pingAfter = TransportLimits.pingAfter
  /// The link goes down after hearing nothing for so long. Set below `pingAfter`, idle links go down.
  public var deadAfter = TransportLimits.deadAfter
  /// Pauses after attempts that failed: the first about `backOffMin`, doubling up to `backOffMax`.
  public var backOffMin = TransportLimits.backOffMin
  public var backOffMax = TransportLimits.backOffMax
  /// Overrides ``TransportLimits/queueBytesMax(_:)``, in bytes.
  public var queueBytesMax: Int?

  public init(logger: Logger, metrics: TransportMetrics? = nil) {
    self.logger = logger
    self.metrics = metrics
  }
}
