import Environment
import History
import Sink
import Testing

@testable import Drills
@testable import Load

struct VerdictTests {
  private static let drill = try! Drill.parse(
    """
    title: a drill
    load: {duration: 20s, rate: 10}
    timeline: [{at: 1s, fault: kill}]
    expect: {lost_acknowledged_writes: 0, unavailable_ms_max: 5, errors_max: 2, p99_ms_max: 10, converged_within_s: 3}
    """, source: "test")

  private func evidence(answers: Int = 150, errors: Int = 0) -> DrillEvidence {
    let times = LatencySummary()
    var total = OperationReport(kind: "all", latency: times, serviceTime: times)
    (total.count, total.errors) = (answers + errors, errors)
    total.latency.count = total.count
    total.latency.p99Ms = 7
    let load = RunReport(
      settings: RunSettings(workload: "registers", seed: 1, endpoints: [], clients: 1, durationMs: 0, warmUpMs: 0),
      startedAt: "", elapsedMs: 1_000, total: total, cpuMicrosecondsPerOperation: 0)
    let answer = HistoryEntry(
      client: "c", .delete, keys: ["a"], invoked: 0, returned: 4_000_000, outcome: .ok)
    var evidence = DrillEvidence(load: load, history: [answer], bands: [], convergence: Convergence(seconds: 1))
    (evidence.lost, evidence.ledgerWrites) = ([], 500)
    return evidence
  }

  private func verdict(_ change: (inout DrillEvidence) -> Void = { _ in }) -> DrillReport.Verdict {
    var evidence = evidence()
    change(&evidence)
    return DrillReport(Self.drill, evidence).verdict
  }

  @Test func whatKeepsEveryBoundHasHeld() { #expect(verdict() == .held) }

  @Test func eachExpectationCanBeMissed() {
    #expect(verdict { $0.lost = ["1-1-1"] } == .missed)
    #expect(
      verdict { $0.unread = Ledger.Unread(count: 1, reason: "503") } == .missed, "what cannot be read may be lost")
    #expect(verdict { $0.history[0].returned = 5_000_001 } == .missed)
    #expect(verdict { $0 = evidence(errors: 3) } == .missed)
    #expect(verdict { $0.load.total.latency.p99Ms = 10.1 } == .missed)
    #expect(verdict { $0.convergence = Convergence(seconds: 3.1) } == .missed)
    #expect(verdict { $0.convergence = Convergence(obstacle: "n1 is down") } == .missed)
  }

  @Test func aMirrorIsEqualOnlyWhereItHasEveryItemAsItIs() throws {
    let drill = try Drill.parse(
      "title: a\nload: {duration: 20s, rate: 10}\ntimeline: [{at: 1s, fault: kill}]\nexpect: {sink_equal: true}\n",
      source: "test")
    func verdict(_ mirror: MirrorFinding?) -> DrillReport.Verdict {
      var evidence = evidence()
      evidence.mirror = mirror
      return DrillReport(drill, evidence).verdict
    }
    func compared(_ items: Int, _ mirrored: Int, _ differences: [String] = []) -> MirrorFinding {
      .compared(MirrorCheck(items: items, mirrored: mirrored, differences: differences), seconds: 1)
    }
    #expect(verdict(compared(3, 3)) == .held)
    #expect(verdict(compared(3, 2)) == .missed)
    #expect(verdict(compared(3, 3, ["a b"])) == .missed)
    #expect(verdict(.behind("the mirror did not catch up in 20 s")) == .missed)
    #expect(verdict(nil) == .held, "an endpoint shows no mirror")
  }

  @Test func regionsAreEqualOnlyWhereTheyWereFoundSo() throws {
    let text = "title: a\nload: {duration: 20s, rate: 10}\ntimeline: [{at: 1s, fault: kill}]\n"
    let drill = try Drill.parse("\(text)expect: {regions_equal: true}\n", source: "test")
    func verdict(_ regions: RegionsFinding?) -> DrillReport.Verdict {
      var evidence = evidence()
      evidence.regions = regions
      return DrillReport(drill, evidence).verdict
    }
    #expect(verdict(.equal(items: 3, seconds: 1)) == .held)
    #expect(verdict(.different("eu-west-1 lacks 1 item")) == .missed)
    #expect(verdict(nil) == .held, "an endpoint shows one region")
  }

  @Test func aThinRunProvesNothing() {
    #expect(verdict { $0 = evidence(answers: 99) } == .invalid)
    #expect(verdict { $0.ledgerWrites = 99 } == .invalid)
    #expect(verdict { $0 = evidence(answers: 99, errors: 3) } == .missed, "what was seen is seen")
  }

  @Test func anEndpointWithoutReplicasIsNotJudgedByThem() {
    #expect(verdict { $0.convergence = nil } == .held)
  }

  @Test func aSelftestIsRedOnlyByWhatItsFileNames() throws {
    var drill = Self.drill
    drill.loosening = Loosening(
      without: "a copy", overrides: [], endpoints: 1, missed: [.lostAcknowledgedWrites, .errorsMax])
    func isRed(_ evidence: DrillEvidence) -> Bool { SelftestReport(drill, DrillReport(drill, evidence)).isRed }
    var lost = evidence(errors: 3)
    lost.lost = ["1-1-1"]
    #expect(isRed(lost))
    #expect(!isRed(evidence()) && !isRed(evidence(errors: 3)), "each of them has to be missed")
    var late = evidence()
    late.convergence = Convergence(obstacle: "n1 is down")
    #expect(!isRed(late), "red for another reason is no proof")
    let failed = SelftestReport(drill, failure: "no cluster")
    #expect(!failed.isRed)
    let text = SelftestReport.summary([SelftestReport(drill, DrillReport(drill, lost)), failed])
    #expect(text.contains("1 of 2 drills did not turn red"))
  }

  @Test func aHistoryThatIsWrongIsEvidence() throws {
    let drill = try Drill.parse(
      "title: a\nload: {duration: 20s}\ntimeline: [{at: 1s, fault: kill}]\nexpect: {linearizable: true}\n",
      source: "test")
    var evidence = evidence(answers: 9_000)
    evidence.history = [
      HistoryEntry(client: "c", .put(.number(1)), keys: ["a"], invoked: 0, returned: 1, outcome: .ok),
      HistoryEntry(client: "c", .get, keys: ["a"], output: .value(nil), invoked: 2, returned: 3, outcome: .ok),
    ]
    let report = DrillReport(drill, evidence)
    #expect(report.verdict == .missed)
    #expect(report.html.contains("not linearizable at key"))
    #expect(report.summary(isColoured: false).hasPrefix("MISSED  a (test)"))
  }

  @Test func whatAReportHoldsIsNoHTML() {
    var evidence = evidence()
    evidence.bands = [FaultBand(text: "kill <n1>", fromSeconds: 0.2, toSeconds: 0.4)]
    let page = DrillReport(Self.drill, evidence).html
    #expect(page.contains("kill &lt;n1&gt;"))
    #expect(page.contains("Operations that failed for their client after its retries."), "A reader knows no keys.")
    #expect(!page.contains("<n1>"))
  }
}
