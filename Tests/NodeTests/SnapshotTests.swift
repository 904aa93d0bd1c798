import Environment
import Items
import Messages
import Node
import Raft
import Replicas
import SimulatedDisk
import Testing

@Suite struct SnapshotTests {
  private static let shard = ShardID(1)

  /// Three nodes of which one is down while the others write more than the log may hold.
  private struct World {
    let cluster: TestCluster
    let table: TableID
    let absent: TestNode
    var names: [String] = []

    init(writes: Int = 160, change: (inout NodeConfiguration) -> Void = { _ in }) throws {
      cluster = TestCluster {
        $0.snapshotChunkBytes = 2 << 10
        change(&$0)
      }
      try cluster.start()
      table = try cluster.makeTable()
      guard cluster.run(until: { [cluster] in cluster.leader(of: shard) != nil }) else {
        throw TestFailure("Nobody leads.")
      }
      let leader = cluster.leader(of: shard)
      absent = cluster.nodes.first { $0.id != leader?.id && $0.running.status.first?.role != .leader }!
      absent.kill()
      try write(writes)
    }

    mutating func write(_ count: Int) throws {
      for _ in 0..<count {
        let name = "k\(names.count)"
        names.append(name)
        try write(name)
      }
      _ = cluster.run(ticks: 40)
    }

    /// A leader whose overlay is full refuses writes until it is flushed.
    private func write(_ name: String) throws {
      for _ in 0..<50 {
        let answer = cluster.ask(.write(.put(table, name, [UInt8](repeating: 1, count: 900))))
        if answer?.isWritten == true { return }
        _ = cluster.run(ticks: 4)
      }
      throw TestFailure("A write was refused for too long.")
    }

    /// Whether the absent node has come as far as the others.
    var isEqual: Bool {
      let applied = cluster.nodes.compactMap { $0.node?.status.map(\.appliedIndex) }
      return applied.count == 3 && applied[0] == applied[1] && applied[1] == applied[2]
    }

    /// Every write is in the state of every node.
    func check() {
      #expect(cluster.run(ticks: 1_500) { isEqual })
      // One that was on its way to a member by snapshot leaves no sum there.
      let isSummed = (0..<4).contains { _ in
        cluster.leader(of: shard)?.submit(.checksum)
        return cluster.run(ticks: 200) {
          let states = cluster.nodes.map { node in node.node?.status.first { $0.shard == shard } }
          let sums = states.map { $0?.checksum }
          return !sums.contains(nil) && sums[0] == sums[1] && sums[1] == sums[2]
            && states.allSatisfy { $0?.checksumIndex == states[0]?.checksumIndex }
        }
      }
      #expect(isSummed)
      #expect(cluster.nodes.allSatisfy { $0.failure == nil && $0.running.damage.isEmpty })
      for name in [names.first!, names.last!] {
        guard case .item(let item?)? = cluster.ask(.read(table, name)) else {
          Issue.record("\(name) is gone.")
          continue
        }
        #expect(item.bytes.count > 900)
      }
    }
  }

  @Test func aMemberBeyondTheLogsBoundIsFedByASnapshot() throws {
    var world = try World()
    for node in world.cluster.nodes where node.node != nil {
      #expect(node.running.journalBytes <= 2 * node.configuration.journalBytesMax)
    }
    try world.absent.start(seed: 9)
    world.check()
    #expect(world.absent.running.snapshotsInstalled >= 1)
    try world.write(10)
    world.check()
    // What was installed is a store like any other.
    world.absent.kill()
    try world.absent.start(seed: 10)
    world.check()
  }

  @Test func aMemberWithinTheLogsBoundComesBackByLog() throws {
    let world = try World(writes: 10)
    try world.absent.start(seed: 9)
    world.check()
    #expect(world.cluster.nodes.allSatisfy { $0.running.snapshotsInstalled == 0 && $0.running.snapshotsServed == 0 })
  }

  /// The store is the new one, and the log has not heard of it.
  @Test(arguments: [false, true]) func aSwitchThatAStopBrokeOffIsFinishedAtTheNextStart(power: Bool) throws {
    let world = try World()
    let absent = world.absent
    try absent.start(seed: 9)
    absent.isHalted = { [unowned absent] in (absent.node?.snapshotsInstalled ?? 0) > 0 }
    #expect(world.cluster.run { absent.isHalted() })
    var random = SeededRandom(seed: 5)
    if power { absent.crash(&random) } else { absent.kill() }
    absent.isHalted = { false }
    try absent.start(seed: 10)
    #expect(absent.running.damage.isEmpty)
    let status = try #require(absent.running.status.first { $0.logIndex == $0.appliedIndex && $0.appliedIndex > 100 })
    #expect(status.shard == Self.shard)
    world.check()
  }

  /// The machine of the follower stops after any number of changes of its disk; whatever is left, it comes back.
  @Test(arguments: Array(stride(from: 0, to: 200, by: 23))) func aStopAnywhereInAFetchDoesNoHarm(changes: Int) throws {
    let world = try World(writes: 110)
    let absent = world.absent
    try absent.start(seed: 9)
    absent.disk.stop(afterChanges: changes)
    _ = world.cluster.run(ticks: 60) { absent.failure != nil }
    var random = SeededRandom(seed: UInt64(changes))
    absent.crash(&random)
    try absent.start(seed: 10)
    world.check()
  }

  @Test func aFollowerWhoseDiskIsFullKeepsItsOldStoreAndTriesAgain() throws {
    let world = try World()
    let absent = world.absent
    try absent.start(seed: 9)
    absent.disk.bytesLimit = absent.disk.bytesUsed + 30_000
    _ = world.cluster.run(ticks: 400)
    #expect(absent.failure == nil)
    #expect(absent.running.snapshotsInstalled == 0)
    #expect(!absent.disk.paths.contains { $0.contains("shard.2.db") })
    absent.disk.bytesLimit = nil
    world.check()
    #expect(absent.running.snapshotsInstalled >= 1)
  }

  @Test func aFetchWhoseServerFallsSilentIsGivenUpAndBegunAgain() throws {
    let world = try World()
    let absent = world.absent
    try absent.start(seed: 9)
    var items = 0
    world.cluster.isBulkDelivered = { _, _, frame in
      if case .item = frame.body { items += 1 }
      return items < 8
    }
    _ = world.cluster.run(ticks: 1_400)
    #expect(items >= 8)
    #expect(absent.running.snapshotsInstalled == 0)
    // Ten seconds after the last word nothing of it is left, on either side.
    #expect(!absent.disk.paths.contains { $0.contains("shard.2.db") })
    world.cluster.isBulkDelivered = { _, _, _ in true }
    world.check()
    #expect(absent.running.snapshotsInstalled >= 1)
  }

  @Test func aNewLeaderFeedsAMemberWhoseServerFellSilent() throws {
    let world = try World()
    let absent = world.absent
    let server = try #require(world.cluster.leader(of: Self.shard))
    try absent.start(seed: 9)
    var items = 0
    world.cluster.isBulkDelivered = { from, to, frame in
      guard from == server.id || to == server.id else { return true }
      if case .item = frame.body { items += 1 }
      return items < 8
    }
    try #require(world.cluster.run(ticks: 400) { items >= 8 })
    server.kill()
    // Without the absent member the new leader has no majority.
    #expect(world.cluster.run(ticks: 600) { absent.running.snapshotsInstalled >= 1 })
    try server.start(seed: 10)
    world.cluster.isBulkDelivered = { _, _, _ in true }
    world.check()
  }

  /// The state of another group may be all that its new leader waits for.
  @Test func aServerThatFallsSilentKeepsNoOtherGroupWaiting() throws {
    let cluster = TestCluster(shards: 2) { $0.snapshotChunkBytes = 2 << 10 }
    try cluster.start()
    let table = try cluster.makeTable()
    func server(_ shard: UInt32) -> TestNode? { cluster.leader(of: ShardID(shard)) }
    try #require(cluster.run { server(1) != nil })
    let silent = try #require(server(1))
    cluster.isDelivered = { from, _, part in from != silent.id || part.group != GroupID(2) }
    try #require(cluster.run { server(2) != nil && server(2)?.id != silent.id })
    cluster.isDelivered = { _, _, _ in true }
    let other = try #require(server(2))
    let absent = try #require(cluster.nodes.first { $0.id != silent.id && $0.id != other.id })
    absent.kill()
    for number in 0..<400 {
      let write = Messages.Operation.write(.put(table, "k\(number)", [UInt8](repeating: 1, count: 900)))
      // Each shard refuses what is the other one's.
      for shard: UInt32 in 1...2 { _ = cluster.ask(write, shard: ShardID(shard)) }
      _ = cluster.run(ticks: 2)
    }
    _ = cluster.run(ticks: 40)
    try #require(server(1)?.id == silent.id && server(2)?.id == other.id)
    var items = 0
    cluster.isBulkDelivered = { from, to, frame in
      guard from == silent.id || to == silent.id else { return true }
      if case .item = frame.body { items += 1 }
      return items < 8
    }
    // What the silent one leads is asked for first.
    cluster.isDelivered = { _, to, part in to != absent.id || part.group != GroupID(2) || items >= 8 }
    try absent.start(seed: 9)
    try #require(cluster.run(ticks: 400) { items >= 8 })
    let before = absent.running.snapshotsInstalled
    #expect(cluster.run(ticks: 200) { absent.running.snapshotsInstalled > before })
    cluster.isBulkDelivered = { _, _, _ in true }
    #expect(cluster.run(ticks: 1_500) { absent.running.snapshotsInstalled > before + 1 })
  }

  /// What a view keeps in memory stays there for as long as the follower takes.
  @Test func aFetchKeepsNoMoreInMemoryThanHalfOfWhatWritesMayFill() throws {
    var world = try World(writes: 30)
    let cluster = world.cluster
    let leader = try #require(cluster.leader(of: Self.shard))
    let half = leader.configuration.overlayBytesMax / 2
    leader.heldLane = .storage
    var count = 0
    let isFull = cluster.run(ticks: 500) {
      if leader.running.overlayBytes <= half {
        count += 1
        leader.submit(.write(.put(world.table, "full\(count)", [UInt8](repeating: 1, count: 900))))
      }
      return leader.running.overlayBytes > half
    }
    try #require(isFull)
    func open(_ fetch: UInt64) -> SnapshotFrame.Body? {
      let body = SnapshotFrame.Body.open(atLeast: LogPosition(index: 1, term: 1))
      leader.running.receivedBulk(
        SnapshotFrame(group: GroupID(1), fetch: fetch, body: body).encode(), from: NodeID(7), now: leader.now)
      leader.turn()
      defer { leader.bulk = [] }
      return leader.bulk.last.flatMap { try? SnapshotFrame($0.bytes).body }
    }
    #expect(open(1) == .refused(.busy))
    leader.heldLane = nil
    try #require(cluster.run { leader.running.overlayBytes <= half })
    guard case .header? = open(2) else {
      Issue.record("It is served once enough is flushed.")
      return
    }
    // Nobody asks for the items, and writes go on.
    try world.write(60)
  }

  @Test func lostAndDoubledFramesOnlyCostTime() throws {
    let world = try World()
    var random = SeededRandom(seed: 3)
    world.cluster.isBulkDelivered = { _, to, frame in
      if random.chance(1, in: 8) {
        let node = world.cluster[to]
        node.node?.receivedBulk(frame.encode(), from: world.absent.id, now: node.now)
        node.turn()
      }
      return !random.chance(1, in: 6)
    }
    try world.absent.start(seed: 9)
    #expect(world.cluster.run(ticks: 6_000) { world.absent.running.snapshotsInstalled >= 1 && world.isEqual })
    world.check()
  }

  @Test func aNodeServesTwoFetchesAtOnceAndRefusesAThird() throws {
    let world = try World(writes: 30)
    let leader = try #require(world.cluster.leader(of: Self.shard))
    func ask(_ fetch: UInt64, from node: UInt32, _ body: SnapshotFrame.Body) -> SnapshotFrame.Body? {
      let frame = SnapshotFrame(group: GroupID(1), fetch: fetch, body: body)
      leader.running.receivedBulk(frame.encode(), from: NodeID(node), now: leader.now)
      leader.turn()
      leader.runJobs()
      defer { leader.bulk = [] }
      return leader.bulk.last.flatMap { try? SnapshotFrame($0.bytes).body }
    }
    func isHeader(_ body: SnapshotFrame.Body?) -> Bool { if case .header = body { true } else { false } }
    let open = SnapshotFrame.Body.open(atLeast: LogPosition(index: 1, term: 1))
    #expect(isHeader(ask(1, from: 7, open)))
    #expect(isHeader(ask(2, from: 8, open)))
    #expect(ask(3, from: 9, open) == .refused(.busy))
    #expect(isHeader(ask(1, from: 7, open)), "A question may come twice.")
    #expect(ask(4, from: 9, .next(0)) == .refused(.unknown))
    guard case .item(0, let bytes)? = ask(1, from: 7, .next(0)) else {
      Issue.record("There is a first item.")
      return
    }
    #expect(ask(1, from: 7, .next(0)) == .item(0, bytes))
    #expect(ask(1, from: 7, .next(2)) == .refused(.unknown))
    _ = ask(1, from: 7, .close)
    #expect(isHeader(ask(3, from: 9, open)))
    #expect(ask(5, from: 10, .open(atLeast: LogPosition(index: 1_000_000, term: 99))) == .refused(.behind))
    // Whoever asks for nothing for ten seconds has gone.
    for _ in 0..<1_010 { leader.tick() }
    leader.bulk = []
    #expect(isHeader(ask(6, from: 11, open)))
    #expect(isHeader(ask(7, from: 12, open)))
  }
}
