public import Bytes

public typealias Term = UInt64
public typealias LogIndex = UInt64

/// One Raft group: 0 is the metadata group, shards count from 1.
public struct GroupID: Hashable, Comparable, Sendable {
  public var rawValue: UInt32

  @inlinable public init(_ rawValue: UInt32) { self.rawValue = rawValue }

  public static let metadata = GroupID(0)

  @inlinable public static func < (left: GroupID, right: GroupID) -> Bool { left.rawValue < right.rawValue }
}

/// One copy of a group. Never used again once it was removed from its group.
public struct ReplicaID: Hashable, Comparable, Sendable {
  public var rawValue: UInt64

  @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }

  @inlinable public static func < (left: ReplicaID, right: ReplicaID) -> Bool { left.rawValue < right.rawValue }
}

/// A place in a group's log. (0, 0) stands before the first entry.
public struct LogPosition: Hashable, Comparable, Sendable {
  public var index: LogIndex
  public var term: Term

  @inlinable public init(index: LogIndex, term: Term) {
    self.index = index
    self.term = term
  }

  public static let zero = LogPosition(index: 0, term: 0)

  /// Raft's "at least as up to date" order (paper, section 5.4.1): the later term first, then the longer log.
  @inlinable public static func < (left: LogPosition, right: LogPosition) -> Bool {
    (left.term, left.index) < (right.term, right.index)
  }
}

/// What an entry's payload means. The raw values are stored.
public enum EntryKind: UInt8, Sendable {
  case normal = 0
  /// The payload is an encoded ``Membership``; it takes effect when appended.
  case membership = 1
  /// The empty entry with which a leader starts its term.
  case leaderStart = 2
}

public struct Entry: Equatable, Sendable {
  public var index: LogIndex
  public var term: Term
  public var kind: EntryKind
  public var payload: [UInt8]

  @inlinable public init(index: LogIndex, term: Term, kind: EntryKind, payload: [UInt8]) {
    self.index = index
    self.term = term
    self.kind = kind
    self.payload = payload
  }

  @inlinable public var position: LogPosition { LogPosition(index: index, term: term) }
}

/// What a replica must remember across restarts besides its log (paper, figure 2). `commit` is a hint that saves work.
public struct HardState: Equatable, Sendable {
  public var term: Term
  public var vote: ReplicaID?
  public var commit: LogIndex

  @inlinable public init(term: Term = 0, vote: ReplicaID? = nil, commit: LogIndex = 0) {
    self.term = term
    self.vote = vote
    self.commit = commit
  }
}

/// Who decides and who only follows. Each list ascends. While `outgoing` is not empty the group is in joint
/// consensus (paper, section 6) and both lists of voters must agree.
public struct Membership: Equatable, Sendable {
  public private(set) var voters: [ReplicaID]
  public private(set) var outgoing: [ReplicaID]
  public private(set) var learners: [ReplicaID]

  public init(voters: [ReplicaID], outgoing: [ReplicaID] = [], learners: [ReplicaID] = []) {
    self.voters = voters.sorted()
    self.outgoing = outgoing.sorted()
    self.learners = learners.sorted()
  }

  public var isJoint: Bool { !outgoing.isEmpty }

  public func encode(into writer: inout ByteWriter) {
    for list in [voters, outgoing, learners] { writer.array(list) { $0.u64($1.rawValue) } }
  }

  public init(from reader: inout ByteReader) throws(MalformedBytes) {
    func list() throws(MalformedBytes) -> [ReplicaID] {
      try reader.array { (input) throws(MalformedBytes) in ReplicaID(try input.u64()) }
    }
    let voters = try list()
    let outgoing = try list()
    let learners = try list()
    self.init(voters: voters, outgoing: outgoing, learners: learners)
  }
}
