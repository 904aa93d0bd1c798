public import Bytes

extension Membership {
  /// Nobody: a replica that waits for a leader to tell it about its group.
  public static let none = Membership(voters: [])

  public func isVoter(_ id: ReplicaID) -> Bool { voters.contains(id) || outgoing.contains(id) }

  public func contains(_ id: ReplicaID) -> Bool { isVoter(id) || learners.contains(id) }

  /// Everybody whom a leader sends entries to, ascending, each once.
  public var members: [ReplicaID] {
    var all = (voters + outgoing + learners).sorted()
    var kept = 0
    for index in all.indices where index == 0 || all[index] != all[index - 1] {
      all[kept] = all[index]
      kept += 1
    }
    all.removeLast(all.count - kept)
    return all
  }

  /// Somebody decides, nobody is named twice in a list, and no voter is a learner. A voter on its way out may be
  /// a learner already: that is what it becomes.
  public var isValid: Bool {
    guard !voters.isEmpty else { return false }
    for list in [voters, outgoing, learners] {
      for index in list.indices.dropFirst() where list[index] == list[index - 1] { return false }
    }
    return !learners.contains { voters.contains($0) }
  }

  /// The payload of a membership entry.
  public var payload: [UInt8] {
    var writer = ByteWriter(capacity: 16 + 8 * (voters.count + outgoing.count + learners.count))
    encode(into: &writer)
    return writer.bytes
  }

  public init(payload: [UInt8]) throws(MalformedBytes) {
    var reader = ByteReader(payload)
    try self.init(from: &reader)
    try reader.finish()
    guard isValid else { throw MalformedBytes("a membership contradicts itself") }
  }
}

/// Why a change of membership was not proposed.
public enum MembershipRefusal: Error, Equatable, Sendable {
  case notLeader
  /// The last change has not ended, or leadership is being handed over.
  case changeInProgress
  /// The leader has not committed an entry of its own term yet, so it does not know the newest committed membership.
  case leaderNotEstablished
  /// No voter, a replica named twice, or nothing that changes.
  case invalid
}
