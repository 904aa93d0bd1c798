import Environment
import Foundation
import System
import Testing

@Suite struct FaultyDiskTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "gantry-faulty-\(UUID().uuidString)")
  private let faults = DiskFaults()
  private let disk: FaultyDisk

  init() throws {
    disk = FaultyDisk(faults)
    try disk.createDirectory(folder.path())
  }

  private func write(_ file: any File, _ count: Int, at offset: UInt64) throws {
    try [UInt8](repeating: 1, count: count).withUnsafeBytes { try file.write($0, at: offset) }
  }

  @Test func onAFullDiskAFileKeepsItsLengthAndItsBytesMayChange() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = try disk.open("\(folder.path())/a", create: true)
    defer { file.close() }
    try write(file, 100, at: 0)
    faults.isFull = true
    try write(file, 100, at: 0)
    for (count, offset) in [(101, UInt64(0)), (1, 100), (10, 95)] {
      let error = #expect(throws: DiskError.self) { try write(file, count, at: offset) }
      #expect(error?.isNoSpace == true)
    }
    #expect(throws: DiskError.self) { try file.truncate(to: 101) }
    #expect(try file.size() == 100)
    try file.truncate(to: 50)
    try file.sync()
    faults.isFull = false
    try write(file, 100, at: 50)
    #expect(try file.size() == 150)
  }

  @Test func onASlowDiskASyncTakesAtLeastItsDelay() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = try disk.open("\(folder.path())/a", create: true)
    defer { file.close() }
    faults.syncDelayMs = 30
    let start = ContinuousClock.now
    try file.sync()
    try disk.syncDirectory(folder.path())
    #expect(ContinuousClock.now - start >= .milliseconds(60))
  }
}
