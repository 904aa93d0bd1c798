/// Why a link went down, or why an attempt to make one failed.
public enum LinkFailure: Error, Hashable, Sendable {
  /// The address answered that nobody listens there. On loopback this proves that the process is dead.
  case refusedAddress
  /// No answer to the connection attempt or to the handshake in time: dead, paused or cut off, nobody knows which.
  case timedOut
  /// The address cannot be reached or resolved; the system's reason.
  case unreachable(String)
  /// The listener answered the handshake with an HTTP status and a reason (421 another cluster, 426 another protocol
  /// version, 403 its owner's own reason, 400 and 404 a malformed request).
  case refused(status: Int, reason: String)
  /// Another process than expected answered at the address; its name.
  case unexpectedPeer(String)
  /// Nothing was heard for `deadAfter`, though a sign of life was asked for.
  case silent
  case closedByPeer
  case closedLocally
  /// The peer sent what the protocol does not allow.
  case malformed(String)
  /// The socket failed; the system's reason.
  case broken(String)
}

extension LinkFailure: CustomStringConvertible {
  public var description: String {
    switch self {
    case .refusedAddress: "nobody listens at the address"
    case .timedOut: "no answer in time"
    case .unreachable(let reason): "unreachable: \(reason)"
    case .refused(let status, let reason): "refused with \(status): \(reason)"
    case .unexpectedPeer(let name): "another process answered: \(name)"
    case .silent: "nothing heard"
    case .closedByPeer: "closed by the peer"
    case .closedLocally: "closed here"
    case .malformed(let reason): "malformed: \(reason)"
    case .broken(let reason): "broken: \(reason)"
    }
  }
}
