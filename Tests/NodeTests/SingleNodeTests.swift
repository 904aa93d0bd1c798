import Catalog
import Environment
import Items
import Journal
import Messages
import Raft
import Replicas
import Shards
import SimulatedDisk
import Store
import Testing

@testable import Node

/// A cluster of one node, as an event machine.
@Suite struct SingleNodeTests {
  @Test func aBlankNodeBootstrapsAndServes() throws {
    let node = TestNode(TestNode.configuration(shards: 3))
    try node.start()
    let table = try node.makeTable()
    let map = try #require(node.running.catalog?.shardMap)
    #expect(map.shards.count == 3)
    for number in 0..<20 {
      let write = ItemWrite.put(table, "k\(number)")
      #expect(node.ask(.write(write), shard: map.shard(for: write.key.hash).id)?.isWritten == true)
    }
    #expect(node.running.isReady)
    #expect(node.running.status.map(\.shard) == (0..<4).map { ShardID($0) })
    #expect(node.running.status.dropFirst().map(\.range) == map.shards.map { map.range(of: $0.id) })
  }

  @Test(arguments: [true, false]) func aRestartBringsEverythingBack(isPowerCut: Bool) throws {
    let node = TestNode()
    try node.start()
    let table = try node.makeTable()
    for round in 1...5 {
      for number in 0..<30 {
        #expect(node.ask(.write(try .count(table, "k\(number)", filler: 100)))?.isWritten == true)
      }
      var random = SeededRandom(seed: UInt64(round))
      if isPowerCut { node.crash(&random) } else { node.kill() }
      try node.start()
      #expect(node.run { node.isServing })
      #expect(node.run { node.status(of: "patients") == .active })
      for number in 0..<30 { #expect(node.ask(.read(table, "k\(number)"))?.counter == round) }
    }
  }

  /// DynamoDB's default read. The only voter has nobody to hear from.
  @Test func theOnlyNodeAnswersReadsThatNeedNotBeConsistent() throws {
    let node = TestNode()
    try node.start()
    let table = try node.makeTable()
    #expect(node.ask(.write(try .count(table, "a")))?.isWritten == true)
    #expect(node.run(ticks: 1_500) == false, "Longer than a replica may go without its leader.")
    #expect(node.ask(.read(table, "a", consistent: false))?.counter == 1)
  }

  @Test func operationsBeyondTheBoundAreRefused() throws {
    let node = TestNode()
    node.configuration.operationsMax = 3
    try node.start()
    let table = try node.makeTable()
    node.runJobs()
    let requests = (0..<5).map { node.submit(.write(.put(table, "k\($0)"))) }
    #expect(requests.map { node.answers[$0] == .refused(.overloaded) } == [false, false, false, true, true])
    node.run { requests.allSatisfy { node.answers[$0] != nil } }
    #expect(requests.prefix(3).allSatisfy { node.answers[$0]?.isWritten == true })
  }

  @Test func requestsForAShardThatIsNotHereNameNoLeader() throws {
    let node = TestNode()
    try node.start()
    let id = node.submit(.checksum, shard: ShardID(9))
    #expect(node.answers[id] == .refused(.notLeader(leader: nil)))
  }

  // MARK: Journal

  @Test func aFailedJournalWriteStopsTheNode() throws {
    let node = TestNode()
    try node.start()
    let table = try node.makeTable()
    node.run(ticks: 100)
    node.disk.beforeOperation = { operation throws(DiskError) in
      if case .sync(let path) = operation, path.contains("/journal/") { throw DiskError(.inputOutput, "sync \(path)") }
    }
    let id = node.submit(.write(.put(table, "a")))
    node.run()
    let failure = try #require(node.failure)
    #expect(failure.description.contains("/data") && !failure.description.contains("\n"))
    #expect(node.answers[id] == nil)
    #expect(node.jobs.isEmpty)
    node.tick()
    #expect(node.failure != nil, "A failed node stays failed.")
  }

  @Test func aFailedSyncOfTheStoreStopsTheNode() throws {
    let node = TestNode()
    try node.start()
    let table = try node.makeTable()
    node.disk.beforeOperation = { operation throws(DiskError) in
      if case .sync(let path) = operation, path.contains("/shard-") { throw DiskError(.inputOutput, "sync \(path)") }
    }
    #expect(node.ask(.write(.put(table, "a")))?.isWritten == true)
    node.run()
    let failure = try #require(node.failure).description
    #expect(failure.contains("/data") && failure.contains("sync") && !failure.contains("\n"), "\(failure)")
  }

  // MARK: Storage

  /// With all members up the log ends where the stores are durable.
  @Test func flushesAndCheckpointsBoundTheLog() throws {
    let node = TestNode(TestNode.configuration(shards: 2))
    try node.start()
    let table = try node.makeTable()
    let map = try #require(node.running.catalog?.shardMap)
    var most = 0
    for number in 0..<1_500 {
      let write = ItemWrite.put(table, "k\(number % 50)", [UInt8](repeating: 2, count: 500))
      _ = node.submit(.write(write), shard: map.shard(for: write.key.hash).id)
      if number % 5 == 0 { node.run(ticks: 1) }
      most = max(most, node.running.journal.bytesInUse)
    }
    // 1.2 MB went through it.
    #expect(most <= 2 * node.configuration.journalBytesMax, "\(most) bytes")
    #expect(node.running.overlayBytes <= 2 * node.configuration.overlayBytesMax)
  }

  /// Flushes that pay only when they are large must not wait for the next pause while writes are refused for want of memory.
  @Test func aFullOverlayIsFlushedHoweverSmallItIs() throws {
    var configuration = TestNode.configuration(shards: 3)
    configuration.storageFlushBytesMin = 1 << 20
    configuration.idleFlushDelay = .seconds(600)
    let node = TestNode(configuration)
    try node.start()
    let table = try node.makeTable()
    let map = try #require(node.running.catalog?.shardMap)
    for number in 0..<200 {
      let write = ItemWrite.put(table, "k\(number)", [UInt8](repeating: 2, count: 500))
      let request = node.submit(.write(write), shard: map.shard(for: write.key.hash).id)
      #expect(node.run { node.answers[request] != nil })
      #expect(node.answers[request]?.isWritten == true, "\(number)")
      node.run(ticks: 2)
    }
  }

  /// Rows of a deleted table go although other tables of the shard are written all the time.
  @Test func rowsOfADroppedTableGoUnderLoad() throws {
    let node = TestNode()
    try node.start()
    let old = try node.makeTable("old")
    let table = try node.makeTable("new")
    for number in 0..<20 { #expect(node.ask(.write(.put(old, "k\(number)")))?.isWritten == true) }
    #expect(try node.command(.deleteTable(name: "old")) != .tableNotFound)
    var isGone = false
    for number in 0..<600 where !isGone {
      // The next write is always under way when a job ends.
      _ = node.submit(.write(.put(table, "k\(number % 10)", [UInt8](repeating: 1, count: 300))))
      node.tick()
      for lane in [Job.Lane.journal, .preparation, .background, .storage] { node.runJob(lane) }
      isGone = try rows(node, old) == 0
    }
    #expect(isGone)
  }

  /// The removal is not in the log, so a process that dies after the drop was flushed must find the rows again.
  @Test func rowsOfADroppedTableGoAfterARestart() throws {
    let node = TestNode()
    try node.start()
    let old = try node.makeTable("old")
    for number in 0..<20 { #expect(node.ask(.write(.put(old, "k\(number)")))?.isWritten == true) }
    #expect(try node.command(.deleteTable(name: "old")) != .tableNotFound)
    let replica = try #require(node.running.replica(GroupID(1)))
    func isDropped() -> Bool { replica.shard?.serves(old) == false && replica.store.flushed == replica.store.applied }
    for _ in 0..<2_000 where !isDropped() {
      node.tick()
      // Step by step, so that the test stops between the flush and the removal.
      while !isDropped(), node.runJob() {}
    }
    #expect(isDropped())
    #expect(try rows(node, old) == 20)
    node.kill()
    try node.start()
    node.run(ticks: 200)
    #expect(try rows(node, old) == 0)
  }

  private func rows(_ node: TestNode, _ table: TableID) throws -> Int {
    var count = 0
    try node.running.replica(GroupID(1))?.store.scan(
      from: RowKey(table: table, hash: 0).bytes, to: RowKey(table: TableID(table.rawValue + 1), hash: 0).bytes
    ) { _, _ in
      count += 1
      return .proceed
    }
    return count
  }
}
