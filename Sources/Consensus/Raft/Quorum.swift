/// What majorities agree on; with two lists of voters (joint consensus, paper section 6) both have to.
enum Quorum {
  enum Outcome: Equatable { case won, lost, open }

  /// The highest value that a majority of `voters` has reached; no bound from an empty list.
  @inline(__always)
  static func reached(by voters: [ReplicaID], _ value: (ReplicaID) -> UInt64) -> UInt64 {
    guard !voters.isEmpty else { return .max }
    return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: voters.count) { descending in
      for (count, voter) in voters.enumerated() {
        let new = value(voter)
        var place = count
        while place > 0, descending[place - 1] < new {
          descending[place] = descending[place - 1]
          place -= 1
        }
        descending[place] = new
      }
      return descending[voters.count / 2]
    }
  }

  @inline(__always)
  static func reached(by membership: Membership, _ value: (ReplicaID) -> UInt64) -> UInt64 {
    min(reached(by: membership.voters, value), reached(by: membership.outgoing, value))
  }

  /// `vote` is nil for a voter that has not answered.
  static func outcome(among voters: [ReplicaID], _ vote: (ReplicaID) -> Bool?) -> Outcome {
    var granted = 0
    var refused = 0
    for voter in voters {
      switch vote(voter) {
      case true?: granted += 1
      case false?: refused += 1
      case nil: break
      }
    }
    let majority = voters.count / 2 + 1
    if voters.isEmpty || granted >= majority { return .won }
    return voters.count - refused < majority ? .lost : .open
  }

  static func outcome(among membership: Membership, _ vote: (ReplicaID) -> Bool?) -> Outcome {
    let incoming = outcome(among: membership.voters, vote)
    let outgoing = outcome(among: membership.outgoing, vote)
    if incoming == .lost || outgoing == .lost { return .lost }
    return incoming == .won && outgoing == .won ? .won : .open
  }
}
