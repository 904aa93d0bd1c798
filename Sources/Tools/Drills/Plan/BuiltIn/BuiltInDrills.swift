/// The files of `Cluster/drills`, so that their names work wherever the binary is; a test keeps them equal.
public enum BuiltInDrills {
  public static let names = texts.map(\.name)

  /// The file's text; nil for a name that is not built in.
  public static func text(_ name: String) -> String? { texts.first { $0.name == name }?.text }

  private static let texts: [(name: String, text: String)] = [
    ("clock-skew", clockSkew),
    ("coordinator-kill", coordinatorKill),
    ("database-corruption", databaseCorruption),
    ("follower-kill", followerKill),
    ("full-disk", fullDisk),
    ("leader-flap", leaderFlap),
    ("leader-kill", leaderKill),
    ("leader-partition", leaderPartition),
    ("leader-pause", leaderPause),
    ("leader-stop", leaderStop),
    ("log-corruption", logCorruption),
    ("lossy-network", lossyNetwork),
    ("minority-partition", minorityPartition),
    ("node-added", nodeAdded),
    ("node-drained", nodeDrained),
    ("node-replaced", nodeReplaced),
    ("node-wiped", nodeWiped),
    ("one-way-link", oneWayLink),
    ("postgres-kill", postgresKill),
    ("power-cut", powerCut),
    ("region-cut", regionCut),
    ("region-kill", regionKill),
    ("rolling-restart", rollingRestart),
    ("sink-kill", sinkKill),
    ("slow-disk", slowDisk),
    ("slow-network", slowNetwork),
  ]
}
