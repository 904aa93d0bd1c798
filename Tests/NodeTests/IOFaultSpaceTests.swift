import Environment
import Journal
import Messages
import Raft
import SimulatedDisk
import Testing

@testable import Node

/// The disk is full from a point on (TRAPS 9): writes are refused, reads go on, and once there is space everything goes
/// on without a restart.
@Suite struct IOFaultSpaceTests {
  /// Bytes left when the run begins; the run asks for about 100,000.
  private static let left = Swift.stride(from: 0, to: 100_000, by: IOFaultTests.step(7) * 1_500)

  private func reads(_ run: IOFaultRun) -> [FaultOperation] {
    (0..<FaultOperation.keys).map { FaultOperation(key: $0, action: .read, tag: 0) }
      .filter { read in !run.waiting.contains { $0.operation.key == read.key } }
  }

  /// Works until a write is refused; false where none is.
  private func fill(_ run: inout IOFaultRun) throws -> Bool {
    try run.node.start()
    #expect(run.node.run { run.node.isServing })
    for number in 0..<400 {
      let key = number % FaultOperation.keys
      let refused = run.model.refused
      run.perform([FaultOperation(key: key, action: .count, tag: 20_000 + number)])
      if run.model.refused > refused { return true }
    }
    return false
  }

  @Test func aFullDiskRefusesWritesAnswersReadsAndGoesOnWithSpace() throws {
    let (disk, table) = try IOFaultRun.used()
    var filled = 0
    for left in Self.left {
      var run = IOFaultRun(disk.copy(), table, seed: 1)
      run.mayWait = true
      run.node.disk.bytesLimit = run.node.disk.bytesUsed + UInt64(left)
      #expect(try fill(&run), "\(left)")
      filled += 1
      #expect(run.node.failure == nil, "\(left)")
      // Reads, for as long as it lasts.
      for _ in 0..<3 {
        run.node.run(ticks: 150)
        let known = run.model.acknowledged
        let asked = reads(run)
        run.perform(asked)
        #expect(run.model.acknowledged == known + asked.count, "\(left)")
      }
      #expect(run.node.failure == nil, "\(left)")
      run.node.disk.bytesLimit = nil
      run.node.run(ticks: 250)
      run.takeAnswers(ticks: 100)
      #expect(run.waiting.isEmpty, "\(left)")
      run.mayWait = false
      let refused = run.model.refused
      run.perform((0..<FaultOperation.keys).map { FaultOperation(key: $0, action: .count, tag: 30_000 + $0) })
      #expect(run.model.refused == refused, "\(left)")
      #expect(run.node.run(ticks: 1_000) { run.node.running.storageIsIdle }, "\(left)")
      run.read("\(left)")
      run.end(powerCut: true, seed: UInt64(left))
      run.check("\(left)")
    }
    #expect(filled > 5)
  }

  /// It starts as long as its spare segments last, and says what is missing afterwards.
  @Test func nothingIsLostWhereTheMachineStopsWithAFullDisk() throws {
    let (disk, table) = try IOFaultRun.used()
    var started = 0
    var refused = 0
    for left in Self.left {
      var run = IOFaultRun(disk.copy(), table, seed: 1)
      run.mayWait = true
      run.node.disk.bytesLimit = run.node.disk.bytesUsed + UInt64(left)
      #expect(try fill(&run))
      run.node.run(ticks: left / 1_000)
      run.end(powerCut: left % 2 == 0, seed: UInt64(left))
      for attempt in 0..<5 {
        do {
          try run.node.start()
          started += 1
          #expect(run.node.running.damage.isEmpty, "\(left)")
          #expect(run.node.run { run.node.isServing }, "\(left), attempt \(attempt)")
          run.read("\(left)")
        } catch {
          refused += 1
          #expect("\(error)".contains("space"), "\(error)")
        }
        run.end(powerCut: attempt % 2 == 0, seed: UInt64(left))
      }
      run.mayWait = false
      run.node.disk.bytesLimit = nil
      run.check("\(left)")
    }
    #expect(started > 5 && refused > 0)
  }

  /// Votes need little: a follower without space still helps the others to a leader, and catches up later.
  @Test func aFollowerWithAFullDiskVotesAndCatchesUp() throws {
    for left in stride(from: 0, to: 30_000, by: IOFaultTests.step(5) * 2_000) {
      let run = try IOFaultCluster(victimLeads: false, seed: 2)
      run.beforeStart = { $0.bytesLimit = $0.bytesUsed + UInt64(left) }
      run.goThrough()
      #expect(run.reason == nil, "\(left)")
      #expect(run.victim.running.journal.isNoSpace, "\(left)")
      let leader = try #require(run.cluster.leader(of: ShardID(1)))
      let third = try #require(run.cluster.nodes.first { $0.id != leader.id && $0.id != run.victim.id })
      leader.kill()
      let isElected = run.run(ticks: 500) {
        third.running.status.contains { $0.shard == ShardID(1) && $0.role == .leader }
      }
      #expect(isElected, "\(left)")
      try leader.start()
      run.read()
      run.victim.disk.bytesLimit = nil
      run.run(ticks: 250)
      run.compare("\(left)")
      try run.restartAll(seed: UInt64(left))
      run.read()
      run.compare("\(left)")
    }
  }

  /// Power goes at a change to the disk after it was full.
  @Test(arguments: [true, false]) func nothingIsLostInACrashOnAFullDisk(isPowerCut: Bool) throws {
    let (disk, table) = try IOFaultRun.used()
    let limit = disk.bytesUsed + 40_000
    var change = 0
    while true {
      var run = IOFaultRun(disk.copy(), table, seed: 1)
      run.mayWait = true
      run.node.disk.bytesLimit = limit
      run.node.disk.stop(afterChanges: change)
      _ = run.goThrough()
      guard run.node.disk.isStopped else { break }
      run.end(powerCut: isPowerCut, seed: UInt64(change))
      run.mayWait = false
      run.node.disk.bytesLimit = nil
      run.check("change \(change)")
      change += IOFaultTests.step(13)
    }
    #expect(change > 100)
  }
}
