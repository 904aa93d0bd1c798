import Drills
import Environment
import Foundation
import Settings
import Supervisor
import Testing

@testable import Drills

struct DrillReadingTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(
    path: "../../Cluster/drills")

  private func drill(_ timeline: String, expect: String = "linearizable: true") throws -> Drill {
    try Drill.parse(
      "title: a drill\nload:\n  duration: 20s\ntimeline:\n\(timeline)\nexpect:\n  \(expect)\n", source: "test")
  }

  private func fault(_ text: String) throws -> DrillFault {
    try #require(try drill("  - {at: 1s, \(text)}").timeline.first).fault
  }

  @Test(arguments: BuiltInDrills.names) func builtInTextIsTheFileOfThatName(name: String) throws {
    let file = Self.folder.appending(path: "\(name).yaml")
    #expect(try String(contentsOf: file, encoding: .utf8) == BuiltInDrills.text(name))
    let drill = try Drill.load(name)
    #expect(BuiltInTopologies.names.contains(drill.topology))
    #expect(drill.asks(.lostAcknowledgedWrites))
    let loosened = try #require(drill.loosened(), "A drill that nothing turns red proves nothing.")
    #expect(BuiltInTopologies.names.contains(loosened.topology))
    #expect(loosened.expectations == drill.expectations, "It is the same that has to be missed.")
  }

  @Test func everyDrillFileIsBuiltIn() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
    #expect(
      files.filter { $0.hasSuffix(".yaml") }.map { $0.replacing(".yaml", with: "") }.sorted() == BuiltInDrills.names)
  }

  @Test func everyFaultIsRead() throws {
    #expect(try fault("fault: kill") == .kill(.leader))
    #expect(try fault("fault: stop, target: follower") == .stop(.follower))
    #expect(try fault("fault: start, target: n1") == .start(.names(["n1"])))
    #expect(try fault("fault: restart, target: nodes") == .restart(.nodes))
    #expect(try fault("fault: pause, target: \"n1, n2\"") == .pause(.names(["n1", "n2"])))
    #expect(try fault("fault: resume, target: coordinators") == .resume(.coordinators))
    #expect(try fault("fault: corrupt, file: database") == .corrupt(.leader, .database))
    #expect(try fault("fault: corrupt, target: nodes, file: tail") == .corrupt(.nodes, .tail))
    #expect(try fault("fault: wipe") == .wipe(.leader))
    #expect(try fault("fault: partition, groups: [n1, others]") == .partition([.names(["n1"]), .others]))
    #expect(try fault("fault: isolate") == .isolate(from: .leader, to: .others))
    #expect(try fault("fault: heal") == .heal)
    let groups: [DrillTarget] = [.names(["n1"]), .others]
    #expect(
      try fault("fault: delay, groups: [n1, others], delay: 20ms, jitter: 5ms")
        == .delay(groups, .milliseconds(20), jitter: .milliseconds(5)))
    #expect(try fault("fault: loss, groups: [n1, others], percent: 0.5") == .loss(groups, percent: 0.5))
    #expect(try fault("fault: clock, offset: -30s") == .clock(.leader, offsetMs: -30_000))
    #expect(try fault("fault: full-disk, target: follower") == .fullDisk(.follower))
    #expect(try fault("fault: slow-disk, target: n1, delay: 1s") == .slowDisk(.names(["n1"]), .seconds(1)))
  }

  @Test(arguments: [
    ("{at: 1s, fault: explode}", "'fault'"),
    ("{at: soon, fault: kill}", "'at' is a time"),
    ("{at: 1s, fault: heal, duration: 3s}", "'duration' does not go with this fault"),
    ("{at: 1s, fault: full-disk, delay: 1s}", "'delay' does not go with the fault 'full-disk'"),
    ("{at: 1s, fault: clock, offset: late}", "'offset' is a time such as 30s or -500ms"),
    ("{at: 1s, fault: kill, file: log}", "'file' does not go with the fault 'kill'"),
    ("{at: 1s, fault: kill, target: others}", "cannot be 'others'"),
    ("{at: 1s, fault: partition, groups: [n1]}", "'groups' takes two groups or more"),
    ("{at: 1s, fault: partition, groups: [others, others]}", "has 'others' twice"),
    ("{at: 19s, fault: kill, duration: 3s}", "let it go on"),
    ("{at: 5s, fault: kill}\n  - {at: 1s, fault: kill}", "has a step at 1 s behind one at 5 s"),
    ("{at: 1s, fault: isolate, duration: 5s}\n  - {at: 3s, fault: isolate}", "while links are not whole until 6 s"),
    ("{at: 1s, fault: loss, groups: [n1, n2], duration: 5s}\n  - {at: 3s, fault: isolate}", "not whole until 6 s"),
    ("{at: 1s, fault: kill, tarjet: n1}", "did you mean 'target'"),
  ]) func whatCannotBeDoneIsRefused(step: String, message: String) {
    let error = #expect(throws: SettingsError.self) { try drill("  - \(step)") }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
  }

  @Test func aDrillWithoutFaultsOrExpectationsIsRefused() {
    let empty = #expect(throws: SettingsError.self) {
      try Drill.parse("title: a\nload: {duration: 5s}\ntimeline: []\nexpect: {linearizable: true}\n", source: "test")
    }
    #expect(empty?.description.contains("breaks something") == true)
    #expect(throws: SettingsError.self) { try drill("  - {at: 1s, fault: kill}", expect: "linearizable: false") }
  }

  private func loosened(_ selftest: String) throws -> Drill {
    let text = "title: a\nload: {duration: 9s, set: [keys=9]}\ntimeline: [{at: 1s, fault: kill}]\n"
    let drill = try Drill.parse("\(text)expect: {linearizable: true}\nselftest: {\(selftest)}\n", source: "test")
    return try #require(drill.loosened())
  }

  @Test func aSelftestTakesAwayWhatItNamesAndLeavesTheRest() throws {
    let drill = try loosened(
      "without: a b, topology: one-copy, set: [keys=3], endpoints: 1, timeline: [{at: 2s, fault: wipe}], "
        + "missed: [linearizable]")
    #expect(drill.isLoosened && drill.title == "a, without a b" && drill.topology == "one-copy")
    #expect(drill.load.overrides == ["keys=9", "keys=3"] && drill.load.endpoints == 1)
    #expect(drill.timeline.map(\.fault) == [.wipe(.leader)])
    let other = try loosened("without: a, endpoints: 1, missed: [linearizable]")
    #expect(other.topology == "ha" && other.timeline.map(\.fault) == [.kill(.leader)])
  }

  @Test(arguments: [
    ("without: a, endpoints: 1, missed: [errors_max]", "which the drill does not expect"),
    ("without: a, endpoints: 1, missed: []", "names nothing"),
    ("without: a, missed: [linearizable]", "nothing is taken away"),
    ("without: a, timeline: [{at: 10s, fault: kill}], missed: [linearizable]", "let it go on"),
  ]) func aSelftestThatCannotTurnRedIsRefused(selftest: String, message: String) {
    let error = #expect(throws: SettingsError.self) { try loosened(selftest) }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
  }

  @Test func aThinLoadIsHalfOfWhatIsAskedFor() throws {
    #expect(try drill("  - {at: 1s, fault: kill}").load.operationsMin == 4_000)
  }

  @Test func anUnknownNameListsTheBuiltInOnes() {
    let error = #expect(throws: SettingsError.self) { try Drill.load("leader-kil") }
    #expect(error?.description.contains("did you mean 'leader-kill'?") == true)
  }
}
