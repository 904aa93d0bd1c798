import Environment
import Testing

@testable import Raft

@Suite struct QuorumTests {
  /// Tries every value from above: the highest that more than half have reached.
  private func dumbReached(_ voters: [ReplicaID], _ values: [UInt64]) -> UInt64 {
    if voters.isEmpty { return .max }
    var best: UInt64 = 0
    for candidate in values {
      let count = voters.filter { values[Int($0.rawValue)] >= candidate }.count
      if 2 * count > voters.count { best = max(best, candidate) }
    }
    return best
  }

  private func dumbOutcome(_ voters: [ReplicaID], _ votes: [Bool?]) -> Quorum.Outcome {
    if voters.isEmpty { return .won }
    let granted = voters.filter { votes[Int($0.rawValue)] == true }.count
    let couldGrant = voters.filter { votes[Int($0.rawValue)] != false }.count
    if 2 * granted > voters.count { return .won }
    return 2 * couldGrant > voters.count ? .open : .lost
  }

  private func randomVoters(_ random: inout SeededRandom) -> [ReplicaID] {
    (0..<9).filter { _ in random.chance(1, in: 2) }.map { ReplicaID($0) }
  }

  /// Seed 3, 50,000 cases of up to nine voters in either list.
  @Test func reachedAgreesWithCounting() {
    var random = SeededRandom(seed: 3)
    for _ in 0..<50_000 {
      let membership = Membership(voters: randomVoters(&random), outgoing: randomVoters(&random))
      let span = 1 + random.below(12)
      let values = (0..<9).map { _ in random.below(span) }
      let reached = Quorum.reached(by: membership) { values[Int($0.rawValue)] }
      let dumb = min(dumbReached(membership.voters, values), dumbReached(membership.outgoing, values))
      if reached != dumb { Issue.record("\(membership) \(values): \(reached), not \(dumb)") }
    }
  }

  /// Seed 4, 50,000 cases.
  @Test func outcomeAgreesWithCounting() {
    var random = SeededRandom(seed: 4)
    for _ in 0..<50_000 {
      let membership = Membership(voters: randomVoters(&random), outgoing: randomVoters(&random))
      let votes: [Bool?] = (0..<9).map { _ in random.chance(1, in: 3) ? nil : random.chance(1, in: 2) }
      let outcome = Quorum.outcome(among: membership) { votes[Int($0.rawValue)] }
      let both = [dumbOutcome(membership.voters, votes), dumbOutcome(membership.outgoing, votes)]
      let dumb: Quorum.Outcome = both.contains(.lost) ? .lost : both.contains(.open) ? .open : .won
      if outcome != dumb { Issue.record("\(membership) \(votes): \(outcome), not \(dumb)") }
    }
  }

  @Test func membersAreListedOnce() {
    let membership = Membership(
      voters: [3, 1].map { ReplicaID($0) }, outgoing: [1, 2].map { ReplicaID($0) },
      learners: [2, 9].map { ReplicaID($0) })
    #expect(membership.members == [1, 2, 3, 9].map { ReplicaID($0) })
    #expect(Membership.none.members.isEmpty)
  }

  @Test func contradictingMembershipsAreInvalid() {
    let one = ReplicaID(1)
    let two = ReplicaID(2)
    #expect(Membership(voters: [one]).isValid)
    #expect(Membership(voters: [one], outgoing: [two], learners: [two]).isValid)
    #expect(!Membership(voters: []).isValid)
    #expect(!Membership(voters: [one, one]).isValid)
    #expect(!Membership(voters: [one], learners: [one]).isValid)
  }
}
