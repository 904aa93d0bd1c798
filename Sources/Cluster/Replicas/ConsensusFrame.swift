public import Bytes
import Messages
public import Raft

/// What one loop turn of a node has to tell another about all the groups that they share.
///
/// ```
/// count (varint) | per message: group (u32), retained (varint), commit (varint), message
/// ```
public struct ConsensusFrame: Equatable, Sendable {
  public struct Part: Equatable, Sendable {
    public var group: GroupID
    /// From a leader: every member's log holds all entries up to here, so nobody needs them from a log again. 0 from
    /// others.
    public var retainedThrough: LogIndex
    /// From a leader: everything that it knows to be committed. A follower that has applied it is as new as the leader
    /// was. 0 from others.
    public var commit: LogIndex
    public var message: Message

    public init(group: GroupID, retainedThrough: LogIndex, commit: LogIndex, message: Message) {
      self.group = group
      self.retainedThrough = retainedThrough
      self.commit = commit
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
      part.message.encode(into: &writer)
    }
  }

  public init(_ bytes: [UInt8]) throws(MalformedBytes) {
    var reader = ByteReader(bytes)
    parts = try reader.array { (input) throws(MalformedBytes) in
      let group = GroupID(try input.u32())
      let retained = try input.varint()
      let commit = try input.varint()
      return Part(group: group, retainedThrough: retained, commit: commit, message: try Message(from: &input))
    }
    try reader.finish()
  }
}

extension Message {
  public var carriesEntries: Bool {
    if case .append(_, let entries, _, _) = body { !entries.isEmpty } else { false }
  }
}
