import Environment
import SimulatedDisk
import Testing

@Suite struct SimulatedDiskTests {
  @Test func aPowerCutKeepsWhatWasSyncedAndTearsTheRestBySectors() throws {
    var random = SeededRandom(seed: 9)
    var outcomes: Set<[Bool]> = []
    for _ in 0..<200 {
      let disk = SimulatedDisk()
      let file = try disk.open("/a", create: true)
      try write([UInt8](repeating: 1, count: 1_536), to: file, at: 0)
      try file.sync()
      try disk.syncDirectory("/")
      try write([UInt8](repeating: 2, count: 1_024), to: file, at: 512)
      disk.crash(&random)
      let content = try #require(disk.content("/a"))
      #expect(content.count == 1_536 && content[..<512].allSatisfy { $0 == 1 })
      for sector in 1...2 { #expect(Set(content[sector * 512..<sector * 512 + 512]).count == 1) }
      outcomes.insert([content[512] == 2, content[1_024] == 2])
      #expect(throws: DiskError.self) { try file.size() }
    }
    #expect(outcomes.count == 4)
  }

  @Test func aNameIsDurableAfterItsDirectoryOnly() throws {
    var random = SeededRandom(seed: 3)
    var seen: Set<[String]> = []
    for _ in 0..<60 {
      let disk = SimulatedDisk()
      try disk.createDirectory("/d")
      try disk.open("/d/a", create: true).sync()
      try disk.syncDirectory("/d")
      try disk.rename("/d/a", to: "/d/b")
      try disk.open("/d/c", create: true).sync()
      disk.crash(&random)
      seen.insert(try disk.list("/d"))
    }
    #expect(seen == [["a"], ["b"], ["b", "c"]])
  }

  @Test func aKillKeepsTheCacheAndFreesLocks() throws {
    let disk = SimulatedDisk()
    let file = try disk.open("/a", create: true)
    try write([1, 2, 3], to: file, at: 0)
    _ = try disk.lock("/lock")
    let lock = try? disk.lock("/lock2")
    #expect { try disk.lock("/lock2") } throws: { ($0 as? DiskError)?.kind == .locked }
    disk.kill()
    #expect(disk.content("/a") == [1, 2, 3])
    _ = try disk.lock("/lock2")
    withExtendedLifetime(lock) {}
  }

  @Test func afterAFailedSyncASecondOneProvesNothing() throws {
    let disk = SimulatedDisk()
    let file = try disk.open("/a", create: true)
    try disk.syncDirectory("/")
    try write([1], to: file, at: 0)
    disk.failOperation(disk.counters.operations + 1, with: DiskError(.inputOutput, "sync"))
    #expect(throws: DiskError.self) { try file.sync() }
    try file.sync()
    #expect(disk.content("/a") == [1])
    var random = SeededRandom(seed: 1)
    disk.crash(&random)
    #expect(disk.content("/a") == [])
  }

  @Test func aFullDiskFailsWhereAFileGrows() throws {
    let disk = SimulatedDisk()
    let file = try disk.open("/a", create: true)
    try write([UInt8](repeating: 0, count: 100), to: file, at: 0)
    disk.bytesLimit = 100
    try write([1, 2], to: file, at: 98)
    #expect { try write([1], to: file, at: 100) } throws: { ($0 as? DiskError)?.isNoSpace == true }
    #expect { try file.truncate(to: 101) } throws: { ($0 as? DiskError)?.isNoSpace == true }
  }
}
