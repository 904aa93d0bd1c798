import Catalog
import Environment
import Journal
import Messages
import Raft
import Replicas
import SimulatedDisk
import Store
import Testing

@testable import Node

/// 200 operations on one node that flushes, checkpoints and changes segments all the time, and what clients know of
/// them. The same in every run until something goes wrong.
struct IOFaultRun {
  let node: TestNode
  let table: TableID
  var model = FaultModel()
  private var work: FaultWork
  /// Whether operations may wait long for their answers, as on a full disk.
  var mayWait = false
  /// Those that do. Their items are left alone.
  private(set) var waiting: [(operation: FaultOperation, request: UInt64)] = []

  static var configuration: NodeConfiguration {
    var configuration = TestNode.configuration(shards: 2)
    configuration.journal = JournalConfiguration(segmentBytes: 8_192, entryBytesMax: 2_048, freeSegmentsMax: 2)
    configuration.journalBytesMax = 24 << 10
    configuration.overlayBytesMax = 24 << 10
    configuration.storageFlushBytesMin = 4 << 10
    configuration.idleFlushDelay = .milliseconds(100)
    return configuration
  }

  /// A disk on which a node ran that serves two tables; the second one has rows, and is dropped in the run.
  static func used() throws -> (disk: SimulatedDisk, table: TableID) {
    let node = TestNode(configuration)
    try node.start()
    let table = try node.makeTable()
    guard case .table(let old) = try node.command(.makeTable("old", unique: 8)) else {
      throw TestFailure("No table was made.")
    }
    guard node.run(until: { node.status(of: "old") == .active }) else { throw TestFailure("The table is not active.") }
    for key in 0..<20 {
      let write = ItemWrite.put(old.id, "k\(key)", [UInt8](repeating: 1, count: 300))
      let shard = node.running.catalog?.shardMap?.shard(for: write.key.hash).id
      guard node.ask(.write(write), shard: shard ?? .metadata)?.isWritten == true else {
        throw TestFailure("A row was not written.")
      }
    }
    node.run(ticks: 60)
    node.kill()
    return (node.disk, table)
  }

  init(_ disk: SimulatedDisk, _ table: TableID, seed: UInt64) {
    node = TestNode(Self.configuration, disk: disk)
    node.order = SeededRandom(seed: seed)
    work = FaultWork(seed: seed)
    self.table = table
  }

  /// Starts the node and works until it stops. Nil where it went through.
  mutating func goThrough() -> String? {
    do { try node.start() } catch { return "\(error)" }
    while !work.isDone {
      guard node.run(ticks: 500, until: { node.isServing }) else { return stop("does not serve") }
      startOtherWork()
      if let reason = perform(work.nextBatch()) { return reason }
    }
    // Everything is flushed and checkpointed, and the log gives segments back.
    node.run(ticks: 300) { node.running.storageIsIdle }
    node.run(ticks: 120)
    return node.failure?.description
  }

  /// What reads and writes the stores besides: rows of a dropped table go, sums are computed over views.
  private func startOtherWork() {
    if work.sent % 25 < 2 {
      for shard in [ShardID(1), ShardID(2)] { node.submit(.checksum, shard: shard) }
    }
    if (100..<104).contains(work.sent) {
      node.submit(.catalogCommand(CatalogCommand.deleteTable(name: "old").encode()), shard: .metadata)
    }
  }

  /// At once; every one is answered unless the node stops.
  @discardableResult mutating func perform(_ operations: [FaultOperation]) -> String? {
    for start in stride(from: 0, to: operations.count, by: 4) {
      if let reason = performTogether(operations[start..<min(start + 4, operations.count)]) { return reason }
    }
    return nil
  }

  private mutating func performTogether(_ operations: ArraySlice<FaultOperation>) -> String? {
    for operation in operations where !waiting.contains(where: { $0.operation.key == operation.key }) {
      guard let shard = shard(of: operation), let asked = try? operation.operation(table) else {
        Issue.record("An operation cannot be made.")
        return nil
      }
      waiting.append((operation, node.submit(asked, shard: shard)))
    }
    takeAnswers(ticks: mayWait ? 120 : 1_000)
    if !mayWait, node.failure == nil, let late = waiting.first { Issue.record("\(late.operation) is never answered.") }
    return node.failure?.description
  }

  /// Waits for answers; a node that stopped gives no more of them.
  mutating func takeAnswers(ticks: Int) {
    node.run(ticks: ticks) { waiting.allSatisfy { node.answers[$0.request] != nil } }
    for (operation, request) in waiting where node.answers[request] != nil || node.failure != nil {
      if let wrong = model.take(node.answers[request], of: operation) { Issue.record("\(wrong)") }
    }
    waiting.removeAll { node.answers[$0.request] != nil || node.failure != nil }
  }

  private func stop(_ what: String) -> String {
    if node.failure == nil { Issue.record("The node \(what), and does not stop.") }
    return node.failure?.description ?? what
  }

  func shard(of operation: FaultOperation) -> ShardID? {
    node.running.catalog?.shardMap?.shard(for: operation.rowKey(table).hash).id
  }

  // MARK: Afterwards

  /// Ends the process: power goes, or the machine lives.
  mutating func end(powerCut: Bool, seed: UInt64) {
    for (operation, request) in waiting { _ = model.take(node.answers[request], of: operation) }
    waiting = []
    var random = SeededRandom(seed: seed)
    if powerCut { node.crash(&random) } else { node.kill() }
  }

  /// The node starts without faults, has everything, shows nothing wrong, and takes writes.
  mutating func check(_ when: String) {
    do { try node.start() } catch {
      Issue.record("\(when): \(error)")
      return
    }
    #expect(node.running.damage.isEmpty, "\(when): \(node.running.damage)")
    guard node.run(until: { node.isServing }) else {
      Issue.record("\(when): The node does not serve.")
      return
    }
    read(when)
    let writes = (0..<FaultOperation.keys).map { FaultOperation(key: $0, action: .count, tag: 10_000 + $0) }
    if let reason = perform(writes) { Issue.record("\(when): \(reason)") }
    node.run(ticks: 5)
  }

  /// Reads every key; each must be answered with an item.
  mutating func read(_ when: String) {
    let known = model.acknowledged
    let reads = (0..<FaultOperation.keys).map { FaultOperation(key: $0, action: .read, tag: 0) }
    if let reason = perform(reads) { Issue.record("\(when): \(reason)") }
    #expect(model.acknowledged == known + reads.count, "\(when): A read is refused.")
  }
}

extension Node {
  /// Everything that was applied is durable in the stores.
  var storageIsIdle: Bool {
    replicas.allSatisfy { $0.store.durable == $0.store.applied }
  }
}
