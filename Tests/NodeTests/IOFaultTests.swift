import Catalog
import Environment
import Glibc
import Messages
import SimulatedDisk
import Testing

@testable import Node

/// Every call to the disk in a run of 200 operations fails once: the node goes on, or says so and stops; it never gives a
/// wrong answer, and nothing acknowledged is lost.
@Suite struct IOFaultTests {
  /// `GANTRY_IO_FAULTS=all` tries every point, in several runs.
  private static let isThorough = getenv("GANTRY_IO_FAULTS").map { String(cString: $0) } == "all"

  /// Else each n-th point is tried.
  static func step(_ usual: Int) -> Int { isThorough ? 1 : usual }

  static let seeds: ClosedRange<UInt64> = isThorough ? 1...3 : 1...1

  /// What a run without faults asks of its disk.
  private func trace(_ disk: SimulatedDisk, _ table: TableID, seed: UInt64) -> [DiskOperation] {
    var operations: [DiskOperation] = []
    var run = IOFaultRun(disk.copy(), table, seed: seed)
    run.node.disk.beforeOperation = { operations.append($0) }
    #expect(run.goThrough() == nil)
    #expect(run.node.running.storageIsIdle)
    return operations
  }

  @Test(arguments: seeds) func theRunTakesEveryStepOfStorage(seed: UInt64) throws {
    let (disk, table) = try IOFaultRun.used()
    let operations = trace(disk, table, seed: seed)
    func count(_ isMeant: (DiskOperation) -> Bool) -> Int { operations.count(where: isMeant) }
    #expect(count { if case .rename(let from, _) = $0 { from.hasSuffix(".log") } else { false } } > 2)
    #expect(count { if case .sync(let path) = $0 { path.hasSuffix(".db") } else { false } } >= 10)
    #expect(count { if case .write(let path, _, _) = $0 { path.hasSuffix(".db-wal") } else { false } } > 40)
    #expect(count { if case .read = $0 { true } else { false } } > 60)
    #expect(count(\.isChange) > 300)
  }

  @Test(arguments: DiskFault.allCases, seeds) func everyCallFailsOnce(fault: DiskFault, seed: UInt64) throws {
    let (disk, table) = try IOFaultRun.used()
    let operations = trace(disk, table, seed: seed)
    let places = operations.indices.filter { fault.concerns(operations[$0]) }
    var stopped = 0
    var wentOn = 0
    for place in stride(from: 0, to: places.count, by: Self.step(5)) {
      let number = places[place] + 1
      var run = IOFaultRun(disk.copy(), table, seed: seed)
      run.node.disk.failOperation(number, with: fault)
      let reason = run.goThrough()
      let when = "call \(number), \(operations[number - 1]): \(reason ?? "went on")"
      #expect(run.node.disk.counters.faults == 1, "\(when)")
      if reason == nil {
        wentOn += 1
        run.read(when)
      } else {
        stopped += 1
      }
      checkEnds(run, isPowerCut: place % 3 != 0, seed: UInt64(place), when)
    }
    #expect(stopped > 0 && wentOn > 0)
  }

  @Test(arguments: [true, false], seeds)
  func powerOrTheProcessGoesBeforeEveryChange(isPowerCut: Bool, seed: UInt64) throws {
    let (disk, table) = try IOFaultRun.used()
    let changes = trace(disk, table, seed: seed).count(where: \.isChange)
    for change in stride(from: 0, to: changes, by: Self.step(5)) {
      var run = IOFaultRun(disk.copy(), table, seed: seed)
      run.node.disk.stop(afterChanges: change)
      _ = run.goThrough()
      #expect(run.node.disk.isStopped)
      checkEnds(run, isPowerCut: isPowerCut, seed: UInt64(change), "change \(change)")
    }
  }

  /// The node comes back with everything, and again after a power cut.
  private func checkEnds(_ run: IOFaultRun, isPowerCut: Bool, seed: UInt64, _ when: String) {
    var run = run
    run.end(powerCut: isPowerCut, seed: seed)
    run.check("\(when), then \(isPowerCut ? "no power" : "killed")")
    run.end(powerCut: true, seed: seed)
    run.check("\(when), then again")
  }

  /// The same for a node's first start and its first table.
  @Test(arguments: DiskFault.allCases) func everyCallOfAFirstStartFailsOnce(fault: DiskFault) throws {
    func firstStart(_ node: TestNode) -> Bool { (try? node.start()) != nil && (try? node.makeTable()) != nil }
    let whole = TestNode(IOFaultRun.configuration)
    var operations: [DiskOperation] = []
    whole.disk.beforeOperation = { operations.append($0) }
    #expect(firstStart(whole))
    let places = operations.indices.filter { fault.concerns(operations[$0]) }
    for place in stride(from: 0, to: places.count, by: Self.step(5)) {
      let number = places[place]
      let when = "call \(number + 1), \(operations[number])"
      let node = TestNode(IOFaultRun.configuration)
      node.disk.failOperation(number + 1, with: fault)
      let isThrough = firstStart(node)
      #expect(node.disk.counters.faults == 1, "\(when)")
      var random = SeededRandom(seed: UInt64(number))
      if number % 2 == 0 { node.crash(&random) } else { node.kill() }
      try node.start()
      #expect(node.running.damage.isEmpty, "\(when)")
      #expect(node.run { node.isServing }, "\(when)")
      if isThrough { #expect(node.run { node.status(of: "patients") == .active }, "\(when)") }
    }
    #expect(operations.count > 100)
  }
}
