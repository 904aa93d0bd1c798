import Foundation
import Testing

/// Bugs that are planted to prove the simulator are in builds that were made with them, and in no other.
@Suite(.enabled(if: TestCluster.binary != nil, "set GANTRY_BINARY to a release build of gantry"))
struct PlantTests {
  private static let source = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Sources/Consensus/Environment/Plant.swift")

  @Test func theReleaseBinaryHoldsNoPlantedBug() throws {
    let names = try String(contentsOf: Self.source, encoding: .utf8).matches(of: /case (\w+)\n/).map { String($0.1) }
    #expect(names.count == 19)
    let binary = try Data(contentsOf: URL(filePath: #require(TestCluster.binary)), options: .alwaysMapped)
    // What is surely in it is found, so that what is not found is not in it.
    #expect(binary.range(of: Data("logConflictIsBackedOff".utf8)) != nil)
    for name in names { #expect(binary.range(of: Data(name.utf8)) == nil, "\(name) is in the release binary") }
  }

  @Test func plantingIsRefusedWithTheWayToABuildThatCan() throws {
    let run = try TestCluster.gantry("simulate", "--seed", "1", "--plant", "noTermCheck")
    #expect(run.code == 2)
    #expect(run.errors.contains("holds no planted bugs") && run.errors.contains("GANTRY_PLANTS=1"))
  }
}
