import Edge
import Environment
import Logging
import Messages
import NIOCore
import Transport

/// The links of one coordinator loop to all nodes. Confined to its loop.
final class CoordinatorLinks: DialerDelegate {
  private let names: [String: NodeID]
  private let logger: Logger
  private var dialers: [NodeID: Dialer] = [:]
  /// Set once, before the dialers start.
  var host: CoordinatorHost?

  init(names: [String: NodeID], logger: Logger) {
    self.names = names
    self.logger = logger
  }

  func start(_ dialers: [NodeID: Dialer]) {
    self.dialers = dialers
    for dialer in dialers.values { dialer.start() }
  }

  func stop() {
    for dialer in dialers.values { dialer.stop() }
    dialers = [:]
    host = nil
  }

  /// A frame for a node without a link is dropped, and a link without room ends: the machine hears of both.
  func send(_ node: NodeID, _ frame: [UInt8]) {
    guard let link = dialers[node]?.link, link.send(frame) == .queueFull else { return }
    logger.warning("a peer does not drain its link", metadata: ["peer": "\(link.peer.process)"])
    link.close()
  }

  func linkUp(_ link: Link, peer: Handshake) {
    guard let node = names[peer.process] else { return }
    host?.linkUp(node)
  }

  func linkDown(_ link: Link, reason: LinkFailure) {
    guard let node = names[link.peer.process] else { return }
    logger.info("link down", metadata: ["peer": "\(link.peer.process)", "reason": "\(reason)"])
    host?.linkDown(node)
  }

  func dialFailed(_ dialer: Dialer, reason: LinkFailure) {}

  func received(_ link: Link, frame: [UInt8]) {
    guard let node = names[link.peer.process] else { return }
    host?.received(frame, from: node)
  }

  func receivedAll(_ link: Link) {}
}
