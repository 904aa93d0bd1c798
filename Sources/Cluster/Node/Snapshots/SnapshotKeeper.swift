import Environment
import Messages
import Raft
import Replicas

/// What a node knows of the snapshots that it serves and of those that it fetches.
struct SnapshotKeeper {
  /// A fetch with what it builds and for whom.
  struct Fetching {
    let replica: Replica
    var fetch: SnapshotFetch
    var build: SnapshotBuild?
  }

  /// Blocking work under way.
  enum Task {
    case read(SnapshotSession, UInt64)
    case build(SnapshotBuild)
  }

  var server = SnapshotServer()
  /// In the order in which they were begun; each of another group and from another server.
  private(set) var fetches: [Fetching] = []
  /// Frames of this turn.
  var outgoing: [(node: NodeID, bytes: [UInt8])] = []
  /// A fetch that failed here is not begun again before this time.
  private var retryAt = Instant.zero
  private var random: SeededRandom

  /// Since the node started.
  var servedCount = 0
  var installedCount = 0

  private static let retryDelay = Span.seconds(1)

  init(random: SeededRandom) { self.random = random }

  /// The fetch of a group's state.
  subscript(group: GroupID) -> Fetching? {
    get { fetches.first { $0.fetch.group == group } }
    set {
      let position = fetches.firstIndex { $0.fetch.group == group }
      switch (position, newValue) {
      case (let position?, let fetching?): fetches[position] = fetching
      case (let position?, nil): fetches.remove(at: position)
      case (nil, let fetching?): fetches.append(fetching)
      case (nil, nil): break
      }
    }
  }

  /// Whether a fetch may be begun. A server that is slow or away must not keep the states waiting that others offer: their
  /// groups may need this member for a majority.
  func mayFetch(_ group: GroupID, from server: NodeID, now: Instant) -> Bool {
    retryAt <= now && !fetches.contains { $0.fetch.group == group || $0.fetch.server == server }
  }

  /// For fetches and identities: whoever made one before a restart must not be taken for one made after it.
  mutating func drawNumber() -> UInt64 { random.next() }

  mutating func send(_ frame: SnapshotFrame, to node: NodeID) { outgoing.append((node, frame.encode())) }

  mutating func failed(now: Instant) { retryAt = now + Self.retryDelay }
}
