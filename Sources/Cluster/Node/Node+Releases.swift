import Catalog
public import Messages
import Replicas

/// Which releases the other nodes run, as far as that decides on what may be written for them (``EntryVersions``).
extension Node {
  /// The newest process of that node speaks the protocol between processes up to that version.
  public func heard(_ node: NodeID, speaks version: UInt16) { maker.heard[node] = version }

  /// Whether every node of the region does.
  func allRead(_ version: UInt16, in catalog: Catalog) -> Bool {
    let nodes = catalog.members?.members.map(\.node) ?? catalog.shardMap?.shards.flatMap(\.nodes) ?? []
    return nodes.allSatisfy { maker.heard.reads(version, $0) }
  }

  /// Why the members of the region cannot be changed yet; nil where they can. Who leaves need not read that it does.
  func obstacle(to request: MemberRequest, among members: [Member]) -> String? {
    for member in members where !request.leaves(member.node) && !maker.heard.reads(EntryVersions.members, member.node) {
      return maker.heard[member.node] == nil
        ? "\(member.name) was not heard of since this node started: start it first, or replace it"
        : "\(member.name) runs an earlier release, which cannot read such a change: upgrade every node first"
    }
    return nil
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
