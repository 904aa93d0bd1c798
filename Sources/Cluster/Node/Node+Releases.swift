import Catalog
public import Messages
import Raft
import Replicas

/// Which releases the members run, as far as that decides on what may be written for them (``EntryVersions``).
extension Node {
  /// The newest process of that node speaks the protocol between processes up to that version.
  public func heard(_ node: NodeID, speaks version: UInt16) { protocolVersions[node] = version }

  /// Whether every member of the replica's group reads entries that came with that version. One that was not heard of since
  /// this process began may run any release.
  func allRead(_ version: UInt16, in replica: Replica) -> Bool {
    replica.raft.membership.members.allSatisfy { reads(version, $0.node) }
  }

  /// Why the members of the region cannot be changed yet; nil where they can. Who leaves need not read that it does.
  func obstacle(to request: MemberRequest, among members: [Member]) -> String? {
    for member in members where !request.leaves(member.node) && !reads(EntryVersions.members, member.node) {
      return protocolVersions[member.node] == nil
        ? "\(member.name) was not heard of since this node started: start it first, or replace it"
        : "\(member.name) runs an earlier release, which cannot read such a change: upgrade every node first"
    }
    return nil
  }

  private func reads(_ version: UInt16, _ node: NodeID) -> Bool {
    node == configuration.node || protocolVersions[node, default: 0] >= version
  }
}

extension MemberRequest {
  fileprivate func leaves(_ node: NodeID) -> Bool {
    switch self {
    case .add: false
    case .drain(let leaver), .replace(let leaver, by: _): leaver == node
    }
  }
}
