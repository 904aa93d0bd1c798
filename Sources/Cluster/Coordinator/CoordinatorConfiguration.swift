public import Environment
public import Messages

public struct CoordinatorConfiguration: Sendable {
  /// The nodes of the region; each holds a replica of the metadata group until the catalog says otherwise.
  public var nodes: [NodeID]
  /// A call without an answer for this long fails.
  public var callTimeout: Span
  /// With no more than this left of its time, a change that surely had no effect is not sent again: an answer that comes
  /// too late would leave its outcome unknown. At most a quarter of `callTimeout`.
  public var lastSendMargin: Span
  /// A request without an answer for this long is sent again, to whichever replica then seems to lead.
  public var attemptTimeout: Span
  /// The wait before a replica is asked again after none was known to lead; doubles up to `retryDelayMax`.
  public var retryDelayMin: Span
  public var retryDelayMax: Span
  /// How old the catalog may grow before it is fetched again.
  public var catalogRefreshInterval: Span
  /// For how long after a change a shard's reads go to its leader, even those that need not be strong. Longer than
  /// followers take to hear of a commit, on a busy machine too.
  public var recentChangeSpan: Span
  /// Calls under way at once; one more fails as overloaded.
  public var callsMax: Int

  public init(
    nodes: [NodeID], callTimeout: Span = .seconds(10), lastSendMargin: Span = .milliseconds(100),
    attemptTimeout: Span = .milliseconds(500), retryDelayMin: Span = .milliseconds(2),
    retryDelayMax: Span = .milliseconds(40), catalogRefreshInterval: Span = .seconds(2),
    recentChangeSpan: Span = .milliseconds(250), callsMax: Int = 65_536
  ) {
    self.nodes = nodes.sorted()
    self.callTimeout = callTimeout
    self.lastSendMargin = min(lastSendMargin, Span(nanoseconds: callTimeout.nanoseconds / 4))
    self.attemptTimeout = attemptTimeout
    self.retryDelayMin = retryDelayMin
    self.retryDelayMax = retryDelayMax
    self.catalogRefreshInterval = catalogRefreshInterval
    self.recentChangeSpan = recentChangeSpan
    self.callsMax = callsMax
  }
}

/// What the coordinator wants done after one turn, in order.
public struct CoordinatorEffects: Sendable {
  /// Usually at most one a node.
  public var frames: [(node: NodeID, bytes: [UInt8])] = []
  public var outcomes: [(token: UInt64, outcome: CallOutcome)] = []
}
