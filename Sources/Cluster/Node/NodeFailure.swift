import Messages

/// Why a node cannot start or go on: one sentence that says what failed, where, and what to do.
public struct NodeFailure: Error, Sendable, CustomStringConvertible {
  public var description: String

  public init(_ description: String) { self.description = description }

  /// Other nodes refuse this one's incarnation: they have seen a higher one, or another process with the same.
  public static func oldCopy(_ configuration: NodeConfiguration) -> NodeFailure {
    NodeFailure(
      """
      The other nodes refuse node \(configuration.node.rawValue), because its data directory \
      \(configuration.dataDirectory) is an old copy, or is in use by a second process: end that process; remove the \
      directory and start the node again, and it joins anew.
      """)
  }

  static func damagedIdentity(_ path: String) -> NodeFailure {
    NodeFailure("\(path) is damaged: remove the node's data directory and let the node join anew.")
  }
}
