import Environment
import Testing

@Suite struct ProbeTests {
  /// Other tests of this process count too, so that a count only grows.
  @Test func eachProbeHasACounterOfItsOwn() {
    for probe in Probe.allCases {
      let before = Probes.counts()
      for _ in 0..<1_000 { Probes.hit(probe) }
      let after = Probes.counts()
      #expect(after.map(\.probe) == Probe.allCases)
      #expect(after[probe.rawValue].count >= before[probe.rawValue].count + 1_000)
    }
  }

  /// Threads count at the same time, and no count is lost.
  @Test func threadsCountTogether() async {
    let before = Probes.counts()[Probe.learnerBecomesAVoter.rawValue].count
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask { for _ in 0..<10_000 { Probes.hit(.learnerBecomesAVoter) } }
      }
    }
    #expect(Probes.counts()[Probe.learnerBecomesAVoter.rawValue].count >= before + 80_000)
  }
}
