public import Messages

/// Which version of the protocol between processes each node of the region was last heard to speak: that decides on what
/// may be written for it (``EntryVersions``).
///
/// One for a node and all its replicas, confined to its loop.
public final class HeardVersions {
  private let own: NodeID
  private var versions: [NodeID: UInt16] = [:]

  /// - Parameter own: the node itself, which reads whatever it writes.
  public init(own: NodeID) { self.own = own }

  /// Nil for a node that was not heard of since this process began: it may run any release.
  public subscript(node: NodeID) -> UInt16? {
    get { versions[node] }
    set { versions[node] = newValue }
  }

  public func reads(_ version: UInt16, _ node: NodeID) -> Bool {
    version <= EntryVersions.first || node == own || versions[node, default: 0] >= version
  }
}
