import Foundation
import Testing

@testable import Drills

struct FileDamageTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "gantry-damage-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder.appending(path: "journal"), withIntermediateDirectories: true)
  }

  private func file(_ number: Int) -> URL { folder.appending(path: "journal/0000000\(number).log") }

  /// A log file of 4 MiB whose first bytes are written.
  private func write(_ number: Int, used: Int) throws {
    try Data([UInt8](repeating: 7, count: used) + [UInt8](repeating: 0, count: (4 << 20) - used)).write(
      to: file(number))
  }

  @Test func theTailOfTheNewestLogFileIsGoneAsIfItHadNeverBeenWritten() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try write(1, used: 4 << 20)
    try write(2, used: 2 << 20)
    // Made ahead of its use: a header and nothing else.
    try write(3, used: 512)
    try FileDamage.corrupt(.tail, in: folder.path())
    let (first, second, third) = (
      try Data(contentsOf: file(1)), try Data(contentsOf: file(2)), try Data(contentsOf: file(3))
    )
    #expect(first.allSatisfy { $0 == 7 } && third.prefix(512).allSatisfy { $0 == 7 })
    #expect(second.count == 4 << 20)
    let kept = (2 << 20) / 16 * 15
    #expect(second.prefix(kept).allSatisfy { $0 == 7 } && second.dropFirst(kept).allSatisfy { $0 == 0 })
  }

  @Test func whatIsCutBeginsWithASectorAndTheHeaderStays() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try write(1, used: 1_024)
    try FileDamage.corrupt(.tail, in: folder.path())
    let bytes = try Data(contentsOf: file(1))
    #expect(bytes.prefix(512).allSatisfy { $0 == 7 } && bytes.dropFirst(512).allSatisfy { $0 == 0 })
    let error = #expect(throws: DrillError.self) { try FileDamage.corrupt(.tail, in: folder.path()) }
    #expect(error?.description.contains("holds nothing") == true)
  }
}
