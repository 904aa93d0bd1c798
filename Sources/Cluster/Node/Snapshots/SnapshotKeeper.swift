import Environment
import Messages
import Raft
import Replicas

/// What a node knows of the snapshots that it serves and of the one that it fetches.
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
  var fetching: Fetching?
  /// Frames of this turn.
  var outgoing: [(node: NodeID, bytes: [UInt8])] = []
  /// A fetch that failed here is not begun again before this time.
  private(set) var retryAt = Instant.zero
  private var random: SeededRandom

  /// Since the node started.
  var servedCount = 0
  var installedCount = 0

  private static let retryDelay = Span.seconds(1)

  init(random: SeededRandom) { self.random = random }

  /// For fetches and identities: whoever made one before a restart must not be taken for one made after it.
  mutating func drawNumber() -> UInt64 { random.next() }

  mutating func send(_ frame: SnapshotFrame, to node: NodeID) { outgoing.append((node, frame.encode())) }

  mutating func failed(now: Instant) { retryAt = now + Self.retryDelay }
}
