public import NIOCore

/// What came back for a call.
public struct Answer {
  /// Nil where the service did what it was asked.
  public var failure: CallFailure?
  /// The answer's bytes, where there are any; held no longer than the call of `answered` takes.
  public var body: ByteBuffer
  /// Capacity units that the call consumed, as the service told; 0 where it was not asked for.
  public var capacityUnits: Double

  public init(body: ByteBuffer, capacityUnits: Double = 0) {
    failure = nil
    self.body = body
    self.capacityUnits = capacityUnits
  }

  public init(_ failure: CallFailure) {
    self.failure = failure
    body = ByteBuffer()
    capacityUnits = 0
  }
}

/// Why a call was not done, or not known to be.
public struct CallFailure: Error, Sendable, Equatable {
  public enum Effect: Sendable, Equatable {
    /// The service did not act on the call, and never will.
    case none
    /// The service may have acted, or may still.
    case unknown
  }

  /// As reports count it: the service's own code, ``timeout`` or ``connection``.
  public var type: String
  public var effect: Effect
  /// Whether the same call may succeed a little later, so that an SDK would send it again.
  public var isTransient: Bool

  public init(_ type: String, effect: Effect, isTransient: Bool) {
    self.type = type
    self.effect = effect
    self.isTransient = isTransient
  }

  public static let conditionFailedType = "ConditionalCheckFailedException"

  /// No answer within the time allowed.
  public static let timeout = CallFailure("timeout", effect: .unknown, isTransient: true)
  /// The connection was lost with the call under way.
  public static let connection = CallFailure("connection", effect: .unknown, isTransient: true)
  /// No endpoint took the connection, so that nothing was sent.
  public static let noConnection = CallFailure("connection", effect: .none, isTransient: true)
}
