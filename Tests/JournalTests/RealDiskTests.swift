import Environment
import Glibc
import Journal
import Raft
import Synchronization
import System
import Testing

/// A folder that goes when the test ends.
private final class TemporaryFolder {
  let path: String

  init() {
    var template = Array("/tmp/gantry-journal-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { fatalError("No temporary folder.") }
    path = String(cString: made)
  }

  deinit { Self.remove(path) }

  private static func remove(_ path: String) {
    let disk = RealDisk()
    for name in (try? disk.list(path)) ?? [] { remove(path + "/" + name) }
    try? disk.remove(path)
  }
}

@Suite struct RealDiskTests {
  @Test func theJournalComesBackFromARealFolder() throws {
    let folder = TemporaryFolder()
    let directory = folder.path + "/data/journal"
    var model = Model()
    for start in 0..<3 {
      let log = try Harness(RealDisk(), tiny, directory: directory)
      #expect(log.recovery.damage == nil)
      #expect(log.model == model)
      for round in LogIndex(0)..<20 {
        log.append(1, entries(log.last(1).index + 1...log.last(1).index + 3, 1, 400))
        log.save(2, HardState(term: round + 1, vote: ReplicaID(UInt64(start)), commit: 0))
        if round % 5 == 4 { log.compact(1, LogPosition(index: log.last(1).index - 4, term: 1)) }
        try log.write()
      }
      try log.carry(rounds: 2)
      model = log.model.normalised
    }
  }

  @Test func filesReadBackWhatWasWritten() throws {
    let folder = TemporaryFolder()
    let disk = RealDisk()
    let file = try disk.open(folder.path + "/a", create: true)
    try write([UInt8](1...10), to: file, at: 5)
    try file.sync()
    #expect(try file.size() == 15)
    var buffer = [UInt8](repeating: 9, count: 20)
    let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0, at: 3) }
    #expect(count == 12 && Array(buffer[..<12]) == [0, 0] + [UInt8](1...10) && buffer[12] == 9)
    try file.truncate(to: 6)
    #expect(try file.size() == 6)
    try disk.rename(folder.path + "/a", to: folder.path + "/b")
    try disk.createDirectory(folder.path + "/c/d")
    try disk.syncDirectory(folder.path)
    #expect(try disk.list(folder.path) == ["b", "c"])
    #expect(try disk.exists(folder.path + "/c/d"))
    #expect(try !disk.exists(folder.path + "/a"))
  }

  @Test func errorsNamePathAndReason() {
    let disk = RealDisk()
    #expect {
      try disk.open("/nonexistent/file", create: true)
    } throws: {
      guard let error = $0 as? DiskError else { return false }
      return error.kind == .notFound && error.description == "open /nonexistent/file: No such file or directory"
    }
  }

  @Test func aSecondLockIsRefusedUntilTheFirstIsClosed() throws {
    let folder = TemporaryFolder()
    let disk = RealDisk()
    let first = try disk.lock(folder.path + "/lock")
    #expect { try disk.lock(folder.path + "/lock") } throws: { ($0 as? DiskError)?.kind == .locked }
    first.close()
    try disk.lock(folder.path + "/lock").close()
  }

  @Test func theClockMovesForward() {
    let clock = RealClock()
    let first = clock.now
    #expect(clock.now >= first)
    #expect(clock.wallTimeMs > 1_700_000_000_000)
  }
}

@Suite struct WorkerThreadsTests {
  @Test func jobsOfALaneRunInOrderAndShutdownFinishesThem() {
    let ended = Mutex<[UInt64]>([])
    let threads = WorkerThreads { job, error in
      #expect(error == nil)
      ended.withLock { $0.append(job) }
    }
    for id in UInt64(0)..<500 {
      threads.run(Job(id: id, lane: id % 2 == 0 ? .journal : .storage) {})
    }
    threads.shutdown()
    let jobs = ended.withLock { $0 }
    #expect(jobs.filter { $0 % 2 == 0 } == Array(stride(from: 0, to: 500, by: 2)))
    #expect(jobs.filter { $0 % 2 == 1 } == Array(stride(from: 1, to: 500, by: 2)))
    #expect(!threads.run(Job(id: 1, lane: .journal) {}))
  }

  @Test func anErrorReachesTheCompletion() {
    let errors = Mutex<[UInt64: String]>([:])
    let threads = WorkerThreads { job, error in
      errors.withLock { $0[job] = (error as? DiskError)?.description }
    }
    threads.run(Job(id: 3, lane: .background) { throw DiskError(.inputOutput, "broken") })
    threads.run(Job(id: 4, lane: .background) {})
    threads.shutdown()
    #expect(errors.withLock { $0 } == [3: "broken"])
  }
}
