import Foundation
import Testing

/// Each file of `traces` lists commands and what they must bring about. `GANTRY_REGENERATE=1` writes the files again.
@Suite struct TraceTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("traces")

  static let names =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).filter { $0.hasSuffix(".txt") }.sorted()

  @Test func theTracesAreThere() { #expect(Self.names.count >= 12) }

  @Test(arguments: names) func traceIsAsWritten(_ name: String) throws {
    let file = Self.folder.appendingPathComponent(name)
    let expected = try String(contentsOf: file, encoding: .utf8)
    let actual = TraceRunner().run(expected)
    if ProcessInfo.processInfo.environment["GANTRY_REGENERATE"] == "1" {
      try actual.write(to: file, atomically: true, encoding: .utf8)
      return
    }
    let old = expected.split(separator: "\n", omittingEmptySubsequences: false)
    let new = actual.split(separator: "\n", omittingEmptySubsequences: false)
    let line = zip(old, new).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(old.count, new.count)
    let was = line < old.count ? old[line] : ""
    let now = line < new.count ? new[line] : ""
    #expect(expected == actual, "\(name), line \(line + 1): expected '\(was)', got '\(now)'")
  }
}
