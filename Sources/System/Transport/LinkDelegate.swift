/// The owner of links. Every call comes on the link's event loop, and none from inside a call of the owner.
public protocol LinkDelegate: AnyObject {
  /// The handshake is done; frames may be sent from inside this call.
  func linkUp(_ link: Link, peer: Handshake)
  /// Once for each `linkUp`. Frames queued and not yet taken by the socket are lost.
  func linkDown(_ link: Link, reason: LinkFailure)
  func received(_ link: Link, frame: [UInt8])
  /// The frames that arrived together have all been delivered: the moment to handle them as one batch.
  func receivedAll(_ link: Link)
  /// A queue that had turned a frame away, or was over its mark, has room again.
  func linkWritable(_ link: Link)
}

extension LinkDelegate {
  public func linkWritable(_ link: Link) {}
}

/// The owner of a dialer hears of attempts too.
public protocol DialerDelegate: LinkDelegate {
  /// An attempt begins: what it finds is about the peer as it is from now on. Also from inside ``Dialer/start()``.
  func dialBegins(_ dialer: Dialer)
  /// One attempt failed; the dialer tries again after its back-off. After the end of a link that was up the next attempt
  /// follows within milliseconds, so a process that died is soon told by ``LinkFailure/refusedAddress``; one that is
  /// paused or cut off never is.
  func dialFailed(_ dialer: Dialer, reason: LinkFailure)
}

extension DialerDelegate {
  public func dialBegins(_ dialer: Dialer) {}
}

/// What became of a frame handed to ``Link/send(_:)``.
public enum SendOutcome: Sendable {
  /// Taken; it arrives in order unless the link goes down.
  case queued
  /// Dropped: the peer does not drain.
  case queueFull
  /// Dropped: the link is down.
  case linkDown
  /// Dropped: longer than ``TransportLimits/frameBytesMax(_:)``. An error of the caller, logged.
  case frameTooLong
}
