import Catalog
import Environment
import Messages
import Raft
import Replicas
import SimulatedDisk
import Testing

@testable import Node

/// 200 operations on three nodes, one of which has a disk that fails, and what clients know of them.
final class IOFaultCluster {
  private static let shard = ShardID(1)

  let cluster: TestCluster
  let table: TableID
  /// The node whose disk fails.
  let victim: TestNode
  private(set) var model = FaultModel()
  /// Why the victim is down.
  private(set) var reason: String?
  private var work: FaultWork
  /// What is to go wrong.
  var beforeStart: (SimulatedDisk) -> Void = { _ in }
  /// Whether the victim's store may be damaged: it is stopped where it says so.
  var mayBeUnreadable = false
  /// Where set, power goes when the victim ends; else the machine lives.
  var powerCut: SeededRandom?

  /// Three nodes that serve a table; the victim, leader or follower, is down.
  init(victimLeads: Bool, seed: UInt64) throws {
    cluster = TestCluster { configuration in
      let sizes = IOFaultRun.configuration
      configuration.journal = sizes.journal
      configuration.journalBytesMax = sizes.journalBytesMax
      configuration.overlayBytesMax = sizes.overlayBytesMax
      configuration.storageFlushBytesMin = sizes.storageFlushBytesMin
      configuration.idleFlushDelay = sizes.idleFlushDelay
    }
    work = FaultWork(seed: seed)
    try cluster.start()
    table = try cluster.makeTable()
    _ = cluster.run(ticks: 30)
    guard let leader = cluster.leader(of: Self.shard), let follower = cluster.nodes.first(where: { $0.id != leader.id })
    else { throw TestFailure("Nobody leads.") }
    victim = victimLeads ? leader : follower
  }

  /// Starts the victim again, so that its opening is a part of the run, and works. The victim's failure ends it alone.
  func goThrough() {
    victim.kill()
    beforeStart(victim.disk)
    start()
    goOn()
    run(ticks: 150)
  }

  /// Works, to the end or for some operations.
  func goOn(_ operations: Int = .max) {
    let end = work.sent + min(operations, 1_000)
    while !work.isDone && work.sent < end { perform(work.nextBatch()) }
  }

  /// Starts the victim, which may say why not.
  func start() {
    reason = nil
    do { try victim.start() } catch {
      reason = "\(error)"
      if powerCut == nil { victim.kill() } else { victim.crash(&powerCut!) }
    }
  }

  /// At once; every one is answered unless the node that was asked stops.
  @discardableResult func perform(_ operations: [FaultOperation]) -> Bool {
    stride(from: 0, to: operations.count, by: 4).allSatisfy { start in
      performTogether(Array(operations[start..<min(start + 4, operations.count)]))
    }
  }

  private func performTogether(_ operations: [FaultOperation]) -> Bool {
    var waiting = operations
    for _ in 0..<40 where !waiting.isEmpty {
      guard run(ticks: 1_000, until: { self.cluster.leader(of: Self.shard) != nil }),
        let leader = cluster.leader(of: Self.shard)
      else {
        Issue.record("Nobody leads.")
        return false
      }
      var requests: [(operation: FaultOperation, id: UInt64)] = []
      for operation in waiting {
        guard let asked = try? operation.operation(table) else { continue }
        requests.append((operation, leader.submit(asked, shard: Self.shard)))
      }
      run(ticks: 1_000) { leader.node == nil || requests.allSatisfy { leader.answers[$0.id] != nil } }
      waiting = requests.filter { take(leader, $0.operation, $0.id) }.map(\.operation)
      if !waiting.isEmpty { run(ticks: 10) }
    }
    if !waiting.isEmpty { Issue.record("\(waiting) are always refused.") }
    return waiting.isEmpty
  }

  /// True where the operation had no effect and is to be sent again.
  private func take(_ node: TestNode, _ operation: FaultOperation, _ request: UInt64) -> Bool {
    let answer = node.answers[request] ?? lastAnswers[request]
    switch answer {
    case .refused(.notLeader), .refused(.overloaded): return true
    case .refused(.failed):
      // Whoever runs the node looks at it.
      if node.id == victim.id && mayBeUnreadable && node.node != nil { stopVictim("\(operation): \(answer!)") }
      return true
    default: break
    }
    if answer == nil && node.node != nil { Issue.record("\(operation) is never answered.") }
    if let wrong = model.take(answer, of: operation) { Issue.record("\(wrong)") }
    return false
  }

  /// What the victim had answered when it stopped.
  private var lastAnswers: [UInt64: Answer] = [:]

  @discardableResult func run(ticks: Int, until isDone: () -> Bool = { false }) -> Bool {
    cluster.run(ticks: ticks) {
      self.endVictim()
      return isDone()
    }
  }

  /// A node that cannot go on is a process that ends; one whose machine stopped comes to nothing either.
  private func endVictim() {
    guard victim.node != nil, victim.failure != nil || victim.disk.isStopped else { return }
    stopVictim(victim.failure?.description ?? "the machine stopped")
  }

  private func stopVictim(_ reason: String) {
    self.reason = reason
    lastAnswers = victim.answers
    if powerCut == nil { victim.kill() } else { victim.crash(&powerCut!) }
  }

  // MARK: Afterwards

  func read() {
    perform((0..<FaultOperation.keys).map { FaultOperation(key: $0, action: .read, tag: 0) })
  }

  /// Power goes at all three, and they start again.
  func restartAll(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for node in cluster.nodes { node.crash(&random) }
    for node in cluster.nodes { try node.start() }
  }

  /// All replicas have the same rows. One that took the state from a snapshot has no sum of an entry before it, and is
  /// asked once more.
  func compare(_ when: String) {
    for _ in 0..<3 {
      guard case .checksumAt(let index)? = cluster.ask(.checksum, shard: Self.shard) else { break }
      func sums() -> [UInt64] {
        cluster.nodes.compactMap { node in
          let status = node.running.status.first { $0.shard == Self.shard }
          return status?.checksumIndex == index ? status?.checksum : nil
        }
      }
      guard run(ticks: 500, until: { sums().count == 3 }) else { continue }
      #expect(Set(sums()).count == 1, "\(when): Replicas differ.")
      return
    }
    Issue.record("\(when): A replica does not follow.")
  }
}
