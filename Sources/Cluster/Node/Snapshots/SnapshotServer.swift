import Environment
import Messages
import Raft
import Replicas

/// The fetches that this node serves, few at a time: each keeps a view open, and with it memory and SQLite's log.
struct SnapshotServer {
  static let sessionsMax = 2
  /// A follower that asks for nothing for this long has gone.
  static let patience = Span.seconds(10)

  private(set) var sessions: [SnapshotSession] = []
  /// Ended while a thread was reading its view: closed when that returns.
  private var ending: [SnapshotSession] = []
  /// Log that a follower will need when it has installed what it fetched.
  private var kept: [(group: GroupID, through: LogIndex, until: Instant)] = []

  func session(of client: NodeID, _ group: GroupID, _ fetch: UInt64) -> SnapshotSession? {
    sessions.first { $0.client == client && $0.group == group && $0.fetch == fetch }
  }

  var hasRoom: Bool { sessions.count + ending.count < Self.sessionsMax }

  mutating func add(_ session: SnapshotSession) { sessions.append(session) }

  /// A follower that asks anew has given its earlier fetch of the group up.
  mutating func endSessions(of client: NodeID, _ group: GroupID, now: Instant) {
    for session in sessions where session.client == client && session.group == group { end(session, now: now) }
  }

  /// The replica that they read is lost.
  mutating func endSessions(of group: GroupID, now: Instant) {
    for session in sessions where session.group == group { end(session, now: now) }
  }

  mutating func endIdle(now: Instant) {
    for session in sessions where now.since(session.touchedAt) >= Self.patience { end(session, now: now) }
    kept.removeAll { $0.until <= now }
  }

  mutating func end(_ session: SnapshotSession, now: Instant) {
    guard let position = sessions.firstIndex(where: { $0 === session }) else { return }
    sessions.remove(at: position)
    kept.append((session.group, session.header.position.index, now + Self.patience))
    if session.isReading { ending.append(session) } else { session.close() }
  }

  /// Takes a session back whose view was read.
  mutating func readEnded(_ session: SnapshotSession) {
    session.readEnded()
    guard let position = ending.firstIndex(where: { $0 === session }) else { return }
    ending.remove(at: position)
    session.close()
  }

  /// Entries behind this one are needed by a follower that fetches, or has just fetched, the state as of it.
  func neededAfter(_ group: GroupID) -> LogIndex? {
    let serving = sessions.filter { $0.group == group }.map { $0.header.position.index }
    return (serving + kept.filter { $0.group == group }.map(\.through)).min()
  }
}
