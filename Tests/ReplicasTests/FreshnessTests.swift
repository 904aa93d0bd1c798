import Environment
import Raft
import Testing

@testable import Replicas

/// A follower never takes its state for newer than it is.
@Suite struct FreshnessTests {
  private func at(_ ms: UInt64) -> Instant { Instant(nanoseconds: ms * 1_000_000) }

  /// What was said first may answer an earlier process of this replica, on the clock of another boot.
  private func told() -> Freshness {
    var freshness = Freshness()
    freshness.told(1, asOf: at(900), applied: 1, now: at(1_000))
    #expect(freshness.staleness(now: at(1_000)) == nil)
    freshness.told(5, asOf: at(1_010), applied: 5, now: at(1_070))
    return freshness
  }

  /// Not as of when the word came: it may have been under way for long, or lain in a socket while this process was paused.
  @Test func aStateIsAsOldAsTheReadingThatTheLeaderGivesBack() {
    var freshness = told()
    #expect(freshness.staleness(now: at(1_070)) == .milliseconds(60))
    freshness.told(5, asOf: at(1_020), applied: 5, now: at(61_000))
    #expect(freshness.staleness(now: at(61_000)) == .milliseconds(59_980))
  }

  @Test func whatIsCommittedCountsOnceItIsApplied() {
    var freshness = told()
    freshness.told(9, asOf: at(1_100), applied: 7, now: at(1_130))
    freshness.told(12, asOf: at(1_160), applied: 8, now: at(1_190))
    #expect(freshness.staleness(now: at(1_190)) == .milliseconds(180))
    freshness.applied(8)
    #expect(freshness.staleness(now: at(1_190)) == .milliseconds(180))
    freshness.applied(9)
    #expect(freshness.staleness(now: at(1_190)) == .milliseconds(90), "As of the oldest mark that is reached.")
  }

  @Test func neitherAnEarlierProcesssReadingNorOneFromTheFutureCounts() {
    var freshness = told()
    freshness.told(5, asOf: at(999), applied: 5, now: at(1_200))
    freshness.told(5, asOf: at(9_000), applied: 5, now: at(1_200))
    #expect(freshness.staleness(now: at(1_200)) == .milliseconds(190))
  }

  @Test func aLateWordMakesNothingOlder() {
    var freshness = told()
    freshness.told(5, asOf: at(1_005), applied: 5, now: at(1_080))
    #expect(freshness.staleness(now: at(1_080)) == .milliseconds(70))
  }

  /// A leader that may have been deposed since speaks for the time before.
  @Test func aLeaderTakesOffForHowLongItDoesNotKnow() {
    var clocks = FollowerClocks()
    let follower = ReplicaID(4)
    #expect(clocks.reading(of: follower, age: .zero) == .zero)
    clocks.told(at(500), by: follower)
    #expect(clocks.reading(of: follower, age: .zero) == at(500))
    #expect(clocks.reading(of: follower, age: .milliseconds(200)) == at(300))
    #expect(clocks.reading(of: follower, age: .milliseconds(600)) == .zero)
    clocks.forget()
    #expect(clocks.reading(of: follower, age: .zero) == .zero)
  }
}
