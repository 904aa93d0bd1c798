internal import Supervisor

/// Waits until a cluster is whole and all its replicas are equal.
struct Convergence: Sendable, Equatable {
  /// From the end of the timeline; nil: it did not come so far.
  var seconds: Double?
  /// What was in its way at last.
  var obstacle: String?

  /// - Parameter limit: when to give up.
  static func wait(for cluster: DrilledCluster, limit: Duration) async throws -> Convergence {
    let start = ContinuousClock.now
    while true {
      // Checksums cost each replica a look at all its rows, so they come last.
      var obstacles = try await cluster.view().obstacles
      if obstacles.isEmpty { obstacles = try await cluster.view(checksums: true).obstacles }
      let waited = ContinuousClock.now - start
      if obstacles.isEmpty { return Convergence(seconds: Clocks.seconds(waited)) }
      if waited > limit { return Convergence(obstacle: obstacles[0]) }
      try await Task.sleep(for: .milliseconds(50))
    }
  }
}
