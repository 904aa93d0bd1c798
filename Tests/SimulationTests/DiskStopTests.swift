import Environment
import SimulatedDisk
import Testing

/// A process that dies between two changes of its disk that belong together.
@Suite struct DiskStopTests {
  private func disk() throws -> SimulatedDisk {
    let disk = SimulatedDisk()
    try disk.createDirectory("/d")
    for name in ["a", "b"] { try disk.open("/d/\(name)", create: true).close() }
    return disk
  }

  @Test func itStopsAfterTheRenamingThatItWaitsFor() throws {
    let disk = try disk()
    disk.stop(afterChanges: 1, fromRenamingTo: "CURRENT")
    try disk.rename("/d/a", to: "/d/other")
    try disk.syncDirectory("/d")
    try disk.rename("/d/b", to: "/d/CURRENT")
    #expect(!disk.isStopped)
    #expect(throws: DiskError.self) { try disk.syncDirectory("/d") }
    #expect(disk.isStopped)
    disk.kill()
    #expect(disk.paths == ["/d/CURRENT", "/d/other"])
    try disk.syncDirectory("/d")
  }

  @Test func itStopsBeforeTheRenaming() throws {
    let disk = try disk()
    disk.stop(afterChanges: 0, fromRenamingTo: "CURRENT")
    #expect(throws: DiskError.self) { try disk.rename("/d/b", to: "/d/CURRENT") }
    disk.kill()
    #expect(disk.paths == ["/d/a", "/d/b"])
  }

  @Test func anOrderThatIsTakenBackStopsNothing() throws {
    let disk = try disk()
    disk.stop(afterChanges: 0, fromRenamingTo: "CURRENT")
    disk.stop(afterChanges: 3)
    disk.forgetStop()
    try disk.rename("/d/b", to: "/d/CURRENT")
    for _ in 0..<5 { try disk.syncDirectory("/d") }
    #expect(!disk.isStopped)
  }
}
