public import Bytes
public import Environment
import Messages
public import Raft

/// What one loop turn of a node has to tell another about all the groups that they share.
///
/// ```
/// count (varint) | per message: group (u32), retained (varint), commit (varint), follower's clock (varint, ns), message
/// ```
public struct ConsensusFrame: Equatable, Sendable {
  public struct Part: Equatable, Sendable {
    public var group: GroupID
    /// From a leader: every member's log holds all entries up to here, so nobody needs them from a log again. 0 from
    /// others.
    public var retainedThrough: LogIndex
    /// In a leader's heartbeat: everything that it knows to be committed. 0 elsewhere.
    public var commit: LogIndex
    /// A reading of the follower's clock. In an answer to a heartbeat: when it left. In a heartbeat: as of when `commit`
    /// was all that anybody had committed (``Freshness``). Zero elsewhere.
    public var followerClock: Instant
    public var message: Message

    public init(
      group: GroupID, retainedThrough: LogIndex = 0, commit: LogIndex = 0, followerClock: Instant = .zero,
      message: Message
    ) {
      self.group = group
      self.retainedThrough = retainedThrough
      self.commit = commit
      self.followerClock = followerClock
      self.message = message
    }
  }

  public var parts: [Part]

  public init(parts: [Part]) { self.parts = parts }

  /// As many frames as it takes, usually one (``BoundedFrames``).
  public static func encode(_ parts: [Part]) -> [[UInt8]] {
    BoundedFrames.encode(parts) { writer, part in
      writer.u32(part.group.rawValue)
      writer.varint(part.retainedThrough)
      writer.varint(part.commit)
      writer.varint(part.followerClock.nanoseconds)
      part.message.encode(into: &writer)
    }
  }

  public init(_ bytes: [UInt8]) throws(MalformedBytes) {
    var reader = ByteReader(bytes)
    parts = try reader.array { (input) throws(MalformedBytes) in
      let group = GroupID(try input.u32())
      let retained = try input.varint()
      let commit = try input.varint()
      let clock = Instant(nanoseconds: try input.varint())
      return Part(
        group: group, retainedThrough: retained, commit: commit, followerClock: clock,
        message: try Message(from: &input))
    }
    try reader.finish()
  }
}

extension Message {
  public var carriesEntries: Bool {
    if case .append(_, let entries, _, _) = body { !entries.isEmpty } else { false }
  }

  /// How many operations it carries, and the bytes of their payloads: entries that a group makes by itself do not count.
  public var operationLoad: (count: Int, bytes: Int) {
    guard case .append(_, let entries, _, _) = body else { return (0, 0) }
    return entries.reduce(into: (0, 0)) { load, entry in
      if entry.kind == .normal { load = (load.0 + 1, load.1 + entry.payload.count) }
    }
  }
}
