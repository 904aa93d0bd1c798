internal import Environment

/// Every bound of the transport. Changing a cap of frames or the protocol version is a change of the wire.
public enum TransportLimits {
  /// Raised by every change of what processes say to each other, also of what is in a frame. Peers use the newest version
  /// that both speak, and refuse each other where there is none.
  ///
  /// Version 3 brought changes of a region's members and the comparison of replicas.
  public static let protocolVersion: UInt16 = 3
  /// The oldest that this release still speaks. A release that raises the version keeps the one before it, so that the
  /// processes of a cluster can be upgraded one by one. Nothing that is still in use speaks version 1.
  public static let oldestProtocolVersion: UInt16 = 2

  /// Payload of one frame.
  public static func frameBytesMax(_ transportClass: TransportClass) -> Int {
    switch transportClass {
    case .consensus, .operations: 32 << 20
    case .bulk: 8 << 20
    }
  }

  /// Frames of one link, headers included, that the socket has not taken yet.
  public static func queueBytesMax(_ transportClass: TransportClass) -> Int {
    switch transportClass {
    case .consensus, .operations: 64 << 20
    case .bulk: 16 << 20
    }
  }

  /// HTTP/2 flow control of one connection and of its stream.
  static let windowBytes: Int32 = 64 << 20
  /// Payload of one HTTP/2 DATA frame.
  static let dataFrameBytesMax: UInt32 = 1 << 20
  static let headerBlockBytesMax = 16 << 10
  static let headerFieldsMax = 64

  /// Bytes handed to the socket in one piece, and the mark above which no more pieces are handed.
  static let writeBytesMax = 256 << 10
  static let socketBytesHigh = 1 << 20
  static let socketBytesLow = 256 << 10
  static let readBytesMax = 256 << 10
  /// A larger output buffer is not kept for the next write.
  static let keptBufferBytesMax = 64 << 10

  /// A payload grows as its bytes arrive; no more than this is reserved on the word of its header.
  static let reservedBytesMax = 1 << 20

  /// Connections of one listener, those in the handshake included.
  static let connectionsMax = 1024
  static let acceptBacklog: Int32 = 256
  /// Names in a handshake.
  static let nameBytesMax = 255

  static let connectTimeout = Span.seconds(1)
  static let handshakeTimeout = Span.seconds(1)
  /// A listener waits longer than a dialer, so that it is the dialer that gives up.
  static let requestTimeout = Span.seconds(5)
  static let pingAfter = Span.seconds(1)
  static let deadAfter = Span.seconds(3)
  /// Between the end of a link that was up and the next attempt.
  static let redialAfter = Span.milliseconds(2)
  static let backOffMin = Span.milliseconds(10)
  static let backOffMax = Span.seconds(1)
}
