import Environment
import Foundation
import Testing

@testable import Simulation

@Suite struct SeedTests {
  /// Byte for byte, with everything that a process happens to have in memory by the second time.
  @Test func aSeedGivesTheSameTraceAgain() {
    func trace() -> (lines: [String], hash: UInt64) {
      let run = SeedRun(seed: 3, length: .seconds(3), keepsTrace: true)
      _ = run.run()
      return (run.trace.lines, run.trace.hash)
    }
    let first = trace()
    let second = trace()
    #expect(first.lines.count > 100, "A thin run proves nothing.")
    #expect(first.lines == second.lines)
    #expect(first.hash == second.hash)
  }

  /// Hash seeds differ from process to process, but for one that has none.
  @Test(.enabled(if: binary != nil)) func otherProcessesGiveTheSameTrace() throws {
    let runs = try [true, false, false].map {
      try Self.output(["simulate", "--seeds", "1..4", "--seconds", "5", "--json"], hashesTheSame: $0)
    }
    let seeds = runs.map { $0.split(separator: "\n").filter { $0.hasPrefix("{\"seed\":") }.sorted() }
    #expect(seeds[0].count == 4)
    #expect(seeds[0] == seeds[1] && seeds[1] == seeds[2])
  }

  /// Not only its hash: every line of it.
  @Test(.enabled(if: binary != nil)) func anotherProcessWritesTheSameTraceByteForByte() throws {
    let traces = try [true, false].map { isSame in
      let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).trace")
      defer { try? FileManager.default.removeItem(at: path) }
      _ = try Self.output(
        ["simulate", "--seed", "5", "--seconds", "8", "--trace", path.path()], hashesTheSame: isSame)
      return try Data(contentsOf: path)
    }
    #expect(traces[0].count > 10_000, "A thin run proves nothing.")
    #expect(traces[0] == traces[1])
  }

  @Test(arguments: UInt64(1)...3) func seedsHoldWhatIsPromised(seed: UInt64) {
    let report = SeedRun(seed: seed, length: .seconds(4)).run()
    #expect(report.violations == [])
    #expect(report.operations > 200, "A thin run proves nothing.")
  }

  /// A campaign makes thousands of them.
  @Test(arguments: [false, true]) func aRunLeavesNothingInMemory(hasOtherRegions: Bool) throws {
    let seed = try #require(
      (UInt64(1)...100).first { SimulationOptions.drawnBeside(seed: $0).isEmpty != hasOtherRegions })
    weak var cluster: SimulatedCluster?
    do {
      let run = SeedRun(seed: seed, length: .seconds(2))
      cluster = run.cluster
      #expect(run.run().operations > 50, "A thin run proves nothing.")
    }
    #expect(cluster == nil)
  }

  private static var binary: String? { ProcessInfo.processInfo.environment["GANTRY_BINARY"] }

  private static func output(_ arguments: [String], hashesTheSame: Bool) throws -> String {
    let process = Foundation.Process()
    process.executableURL = URL(fileURLWithPath: try #require(binary))
    process.arguments = arguments
    process.environment = hashesTheSame ? ["SWIFT_DETERMINISTIC_HASHING": "1"] : [:]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
  }
}
