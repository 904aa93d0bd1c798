import Environment
import Foundation
import Testing

@testable import Raft

/// Replicas under loss, duplication, reordering, crashes that drop unsynced writes, snapshots, transfers and changes
/// of membership. After every step the properties of the paper's figure 3 hold, and every read sees every write that
/// was applied anywhere before it was asked for.
@Suite struct SafetyTests {
  @Test(arguments: UInt64(1000)..<1010) func threeReplicasStaySafe(_ seed: UInt64) {
    Chaos(seed: seed, voters: 3, spares: 0).run(steps: 15_000)
  }

  @Test(arguments: UInt64(2000)..<2005) func fiveReplicasStaySafe(_ seed: UInt64) {
    Chaos(seed: seed, voters: 5, spares: 0).run(steps: 15_000)
  }

  @Test(arguments: [UInt64(3000), 3001, 3002, 3003, 3006, 3027, 3036, 3073, 3087, 3244])
  func changingMembershipsStaySafe(_ seed: UInt64) {
    Chaos(seed: seed, voters: 3, spares: 2).run(steps: 15_000)
  }

  /// The checks are worth something: a driver that breaks the contract is found out, by them or by the core itself.
  @Test func aDriverThatAnswersBeforeItsSyncIsFoundOut() async {
    await #expect(processExitsWith: .exitCode(1)) {
      for seed in UInt64(500)..<540 {
        let chaos = Chaos(seed: seed, voters: 3, spares: 0)
        chaos.isQuiet = true
        chaos.group.answersBeforeSync = true
        chaos.run(steps: 15_000)
        if chaos.failures > 0 { exit(1) }
      }
    }
  }

  /// No two leases at once, nobody elected inside one, and no read under a lease misses what a client has seen, on
  /// clocks whose rates are 10 % apart.
  @Test(arguments: UInt64(6000)..<6012) func leasesHoldOnDriftingClocks(_ seed: UInt64) {
    let reached = disturbed(seed, rates: 950...1_050)
    #expect(reached.leased > 0)
  }

  /// The model would notice clocks that drift further than a tenth of a promise can bear.
  @Test func clocksThatDriftTooFarAreFoundOut() {
    #expect((UInt64(6000)..<6024).contains { disturbed($0, rates: 600...1_400, isQuiet: true).failures > 0 })
  }

  /// The model would notice followers that break promises, and proofs of death that are none. What it meets too rarely,
  /// restarts and late transfers, is in `LeaseTests`.
  @Test(arguments: Chaos.Plant.allCases) func aBrokenPromiseIsFoundOut(_ plant: Chaos.Plant) {
    #expect(
      (UInt64(6000)..<6024).contains { disturbed($0, rates: 950...1_050, isQuiet: true, plant: plant).failures > 0 })
  }

  private func disturbed(
    _ seed: UInt64, rates: ClosedRange<UInt64>, isQuiet: Bool = false, plant: Chaos.Plant? = nil
  ) -> Chaos.Reached {
    let chaos = Chaos(seed: seed, voters: seed % 3 == 0 ? 5 : 3, spares: seed % 4 == 0 ? 1 : 0)
    chaos.isQuiet = isQuiet
    chaos.disturbsLeases = true
    chaos.plant = plant
    chaos.drift(rates)
    chaos.run(steps: 15_000)
    return chaos.reached
  }

  @Test func theRunsReachTheRarePaths() {
    var reached = Chaos.Reached()
    for seed in UInt64(400)..<406 {
      let chaos = Chaos(seed: seed, voters: 3, spares: 2)
      chaos.run(steps: 15_000)
      reached.merge(chaos.reached)
    }
    #expect(reached.terms > 20)
    #expect(reached.committed > 1_000)
    #expect(reached.reads > 100)
    #expect(reached.abandonedReads > 0)
    #expect(reached.fetches > 0)
    #expect(reached.snapshots > 0)
    #expect(reached.truncations > 0)
    #expect(reached.memberships > 10)
    #expect(reached.lostWrites > 0)
  }
}
