import Catalog
import Edge
import Environment
import Logging
import Messages
import NIOCore
import Settings
import Transport

/// The links of one coordinator loop to all nodes. Confined to its loop.
final class CoordinatorLinks: DialerDelegate {
  private var names: [String: NodeID]
  /// Those that the settings name.
  private let nodes: [(node: NodeID, name: String, address: HostPort)]
  private var makeDialer: ((_ name: String, _ address: HostPort) -> Dialer)?
  private var followedVersion: UInt64 = 0
  private let logger: Logger
  private var dialers: [NodeID: Dialer] = [:]
  /// Set once, before the dialers start.
  var host: CoordinatorHost?

  init(nodes: [(node: NodeID, name: String, address: HostPort)], logger: Logger) {
    self.nodes = nodes
    names = Dictionary(uniqueKeysWithValues: nodes.map { ($0.name, $0.node) })
    self.logger = logger
  }

  func start(_ makeDialer: @escaping (_ name: String, _ address: HostPort) -> Dialer) {
    self.makeDialer = makeDialer
    for node in nodes { dial(node.node, node.name, node.address) }
  }

  private func dial(_ node: NodeID, _ name: String, _ address: HostPort) {
    guard let dialer = makeDialer?(name, address) else { return }
    names[name] = node
    dialers[node] = dialer
    dialer.start()
  }

  /// Nodes that came are dialed, those that left no more. An address in the settings counts more than what the members
  /// say: a node may have been given another since.
  func follow(_ members: ClusterMembers) {
    guard members.version > followedVersion, makeDialer != nil else { return }
    followedVersion = members.version
    for member in members.members where dialers[member.node] == nil {
      let set = nodes.first { $0.node == member.node }
      guard let address = set?.address ?? HostPort(member.address) else { continue }
      dial(member.node, set?.name ?? member.name, address)
    }
    for node in dialers.keys.sorted() where members.member(node) == nil {
      dialers.removeValue(forKey: node)?.stop()
      // Its end is not told any more.
      host?.linkDown(node)
    }
  }

  func stop() {
    for dialer in dialers.values { dialer.stop() }
    dialers = [:]
    makeDialer = nil
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
