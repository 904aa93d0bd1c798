internal import NIOCore
internal import NIOPosix

#if canImport(Glibc)
  internal import Glibc
#endif

extension LinkFailure {
  /// What a failed connection attempt means.
  init(connecting error: any Error) {
    if let failure = error as? NIOConnectionError {
      self = Self.merge(failure)
    } else if case .connectTimeout? = error as? ChannelError {
      self = .timedOut
    } else if let errorNumber = (error as? IOError)?.errnoCode {
      switch errorNumber {
      case ECONNREFUSED: self = .refusedAddress
      case ETIMEDOUT: self = .timedOut
      default: self = .unreachable("\(error)")
      }
    } else {
      self = .unreachable("\(error)")
    }
  }

  /// A name's addresses were tried in turn: it is refused where each one was.
  private static func merge(_ failure: NIOConnectionError) -> LinkFailure {
    let failures = failure.connectionErrors.map { LinkFailure(connecting: $0.error) }
    guard let first = failures.first else { return .unreachable("\(failure)") }
    if failures.allSatisfy({ $0 == first }) { return first }
    return failures.contains(.timedOut) ? .timedOut : .unreachable("\(failure)")
  }

  /// What an error on an established connection means.
  init(reading error: any Error) {
    switch (error as? IOError)?.errnoCode {
    case ECONNRESET, EPIPE: self = .closedByPeer
    default: self = .broken("\(error)")
    }
  }
}
