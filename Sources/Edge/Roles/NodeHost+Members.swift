import Catalog
import Messages
import Node
import Transport

/// The links of a node follow the members of its cluster, and of other regions.
extension NodeHost {
  static let linkClasses: [TransportClass] = [.consensus, .operations, .bulk]

  /// Nodes that came are dialed, those that left no more. An address in the settings counts more than what the members
  /// say: a node may have been given another since.
  func followMembers() {
    if let members = node.members, members.member(node.configuration.node) != nil { follow(members) }
    for (region, members) in node.membersElsewhere { follow(members, of: region) }
  }

  /// Whether they were not followed before.
  private func isNews(_ members: ClusterMembers, of region: String) -> Bool {
    guard members.version > followedVersions[region, default: 0] else { return false }
    followedVersions[region] = members.version
    return true
  }

  private func follow(_ members: ClusterMembers) {
    guard let makeDialer, isNews(members, of: "") else { return }
    for member in members.members where member.node != node.configuration.node {
      peers[member.name] = member.node
      for transportClass in Self.linkClasses where links[transportClass]?[member.node] == nil {
        guard let dialer = makeDialer(transportClass, member) else { continue }
        links[transportClass, default: [:]][member.node] = dialer
        dialer.start()
      }
    }
    // By number: a name may be another node's by now.
    peers = peers.filter { members.member($0.value) != nil }
    for transportClass in Self.linkClasses {
      for node in (links[transportClass] ?? [:]).keys.sorted() where members.member(node) == nil {
        links[transportClass]?.removeValue(forKey: node)?.stop()
      }
    }
  }

  private func follow(_ members: ClusterMembers, of region: String) {
    guard let makeRegionalDialer, isNews(members, of: region) else { return }
    for member in members.members {
      let key = RegionalNode(region: region, node: member.node)
      guard regionalDialers[key] == nil, let dialer = makeRegionalDialer(region, member) else { continue }
      regional[member.name] = key
      regionalDialers[key] = dialer
      dialer.start()
    }
    let gone = regional.filter { $0.value.region == region && members.member($0.value.node) == nil }
    for (name, key) in gone.sorted(by: { $0.key < $1.key }) {
      regional[name] = nil
      regionalDialers.removeValue(forKey: key)?.stop()
    }
  }
}
