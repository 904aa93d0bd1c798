import Environment
import Messages
import Simulation
import Testing

@Suite struct ShrinkerTests {
  private static func schedule(_ count: UInt64) -> FaultSchedule {
    FaultSchedule(
      (0..<count).map { number in
        TimedFault(
          at: .milliseconds(100 * number), lasts: .milliseconds(800), .crash(NodeID(UInt32(1 + number % 3))))
      })
  }

  /// Two faults that fail only together are what is left of many, and no longer than they have to be.
  @Test func onlyTheFaultsThatItTakesAreLeft() {
    let culprits: Set<Span> = [.milliseconds(300), .milliseconds(1_700)]
    var shrinker = Shrinker(Self.schedule(23), runsMax: 500) { schedule in
      culprits.isSubset(of: schedule.faults.filter { $0.lasts >= .milliseconds(150) }.map(\.at))
    }
    shrinker.shrink()
    #expect(Set(shrinker.schedule.faults.map(\.at)) == culprits)
    #expect(shrinker.schedule.faults.allSatisfy { $0.lasts == .milliseconds(200) })
  }

  @Test func noMoreRunsAreMadeThanAllowed() {
    var runs = 0
    var shrinker = Shrinker(Self.schedule(64), runsMax: 9) { _ in
      runs += 1
      return false
    }
    shrinker.shrink()
    #expect(runs == 9 && shrinker.schedule == Self.schedule(64))
  }
}
