/// Why a link went down, or why an attempt to make one failed.
public enum LinkFailure: Error, Hashable, Sendable {
  /// The address answered that nobody listens there. On loopback this proves that the process is dead.
  case refusedAddress
  /// No answer to the connection attempt or to the handshake in time: dead, paused or cut off, nobody knows which.
  case timedOut
  /// The address cannot be reached or resolved; the system's reason.
  case unreachable(String)
  /// The listener answered the handshake with a status of ``HandshakeStatus`` and a reason.
  case refused(status: Int, reason: String)
  /// Another process than expected answered at the address; its name.
  case unexpectedPeer(String)
  /// The process that answered is the expected one, but the dialer's `admit` refused it; its reason.
  case notAdmitted(String)
  /// Nothing was heard for `deadAfter`, though a sign of life was asked for.
  case silent
  case closedByPeer
  case closedLocally
  /// The peer sent what the protocol does not allow.
  case malformed(String)
  /// The socket failed; the system's reason.
  case broken(String)
}

extension LinkFailure {
  /// Somebody answered, and there will be no link until a person changes something.
  var isRefusal: Bool {
    switch self {
    case .refused, .unexpectedPeer, .notAdmitted: true
    case .refusedAddress, .timedOut, .unreachable, .silent, .closedByPeer, .closedLocally, .malformed, .broken: false
    }
  }
}

extension LinkFailure: CustomStringConvertible {
  public var description: String {
    switch self {
    case .refusedAddress: "nobody listens at the address"
    case .timedOut: "no answer in time"
    case .unreachable(let reason): "unreachable: \(reason)"
    case .refused(let status, let reason): "refused with \(status): \(reason)"
    case .unexpectedPeer(let name): "another process answered: \(name)"
    case .notAdmitted(let reason): "turned away: \(reason)"
    case .silent: "nothing heard"
    case .closedByPeer: "closed by the peer"
    case .closedLocally: "closed here"
    case .malformed(let reason): "malformed: \(reason)"
    case .broken(let reason): "broken: \(reason)"
    }
  }
}
