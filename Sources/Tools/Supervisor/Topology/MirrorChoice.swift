internal import Settings

/// What a start says of the mirror in place of its topology.
public enum MirrorChoice: Equatable, Sendable {
  case asInTopology
  /// Neither a sink nor a PostgreSQL of the cluster's own.
  case none
  /// To the PostgreSQL behind a connection URL.
  case postgres(String)

  /// The options of `gantry cluster up` that say it.
  public var arguments: [String] {
    switch self {
    case .asInTopology: []
    case .none: ["--no-sink"]
    case .postgres(let url): ["--postgres", url]
    }
  }
}

extension Topology {
  /// The topology with its mirror as a start wants it.
  public func mirrored(_ choice: MirrorChoice) throws(SupervisorError) -> Topology {
    var changed = self
    switch choice {
    case .asInTopology: break
    case .none: (changed.postgres, changed.sink) = (nil, nil)
    case .postgres(let url):
      guard sink != nil else {
        throw SupervisorError("--postgres says where a sink writes to, but \(source) has no sink", exitCode: 2)
      }
      changed.postgres = nil
      changed.sink?.postgres = url
    }
    return changed
  }
}
