import Catalog
import Environment
import Items
import Messages
import Raft
import Replicas
import Shards
import Testing

@testable import Node

/// Streams over nodes: who answers, what a next leader shows, and what is given up in time.
@Suite struct StreamTests {
  private static let startedAtMs: UInt64 = 10

  private static func command() -> CatalogCommand {
    let key = KeySchema(partition: .init(name: Array("PK".utf8), type: .string))
    let definition = TableDefinition(name: "patients", key: key, attributes: key.attributes, stream: .newAndOldImages)
    return .createTable(definition, createdAtMs: startedAtMs, uniqueID: [UInt8](repeating: 7, count: 16))
  }

  private func started(_ streams: NodeConfiguration.Streams = .init()) throws -> (TestCluster, TableID) {
    let cluster = TestCluster {
      $0.streams = streams
      $0.overlayBytesMax = 1 << 20
    }
    try cluster.start()
    #expect(cluster.run { cluster.leader(of: .metadata) != nil })
    guard case .catalogOutcome(let bytes)? = cluster.ask(.catalogCommand(Self.command().encode()), shard: .metadata),
      case .table(let table) = try CatalogOutcome(bytes)
    else { throw TestFailure("No table was made.") }
    #expect(cluster.run { cluster.leader(of: .metadata)?.node?.catalog?.table(table.id)?.status == .active })
    return (cluster, table.id)
  }

  private func read(_ table: TableID, _ start: StreamRead.Start = .horizon, recordsMax: UInt32 = 1_000)
    -> Messages.Operation
  {
    .stream(StreamRead(table: table, startedAtMs: Self.startedAtMs, start: start, recordsMax: recordsMax))
  }

  private func page(_ answer: Answer?) throws -> StreamPage {
    guard case .stream(let page)? = answer else { throw TestFailure("A stream was not read.") }
    return page
  }

  @Test func eachRecordIsThereOnceAndInOrderWhoeverLeads() throws {
    let (cluster, table) = try started()
    var expected: [RowKey] = []
    var seen: [StreamRecord] = []
    var start = StreamRead.Start.horizon
    for round in 0..<6 {
      for number in 0..<5 {
        let write = ItemWrite.put(table, "i\(number)", [UInt8(round)])
        #expect(cluster.ask(.write(write), shard: ShardID(1))?.isWritten == true)
        expected.append(write.key)
      }
      // Sometimes in the middle of what was written, and on the next leader.
      let page = try page(cluster.ask(read(table, start, recordsMax: 3), shard: ShardID(1)))
      seen += page.records
      start = .after(page.through)
      let victim = try #require(cluster.leader(of: ShardID(1)))
      victim.kill()
      #expect(cluster.run { cluster.leader(of: ShardID(1)).map { $0.id != victim.id } ?? false })
      try victim.start()
      #expect(cluster.run { cluster.nodes.allSatisfy { $0.node?.isReady == true } })
    }
    seen += try page(cluster.ask(read(table, start), shard: ShardID(1))).records
    #expect(seen.map(\.key) == expected)
    #expect(zip(seen, seen.dropFirst()).allSatisfy { $0.sequence < $1.sequence })
    #expect(try page(cluster.ask(read(table), shard: ShardID(1))).records == seen)
  }

  @Test func aFollowerDoesNotAnswer() throws {
    let (cluster, table) = try started()
    let leader = try #require(cluster.leader(of: ShardID(1)))
    let follower = try #require(cluster.nodes.first { $0.id != leader.id })
    let id = follower.submit(read(table))
    guard case .refused(.notLeader(let named))? = follower.answers[id] else {
      Issue.record("A follower answered: \(String(describing: follower.answers[id]))")
      return
    }
    #expect(named == leader.id)
  }

  /// Each look comes within a second of the one before, and a hundred ticks are one.
  @Test func whatIsOlderThanTheRetentionGoesByTheShardsTimeOrByTheClock() throws {
    var streams = NodeConfiguration.Streams()
    streams.retentionMs = 1_000
    let node = TestNode()
    node.configuration.streams = streams
    try node.start()
    #expect(node.run { node.isServing })
    guard case .table(let table) = try node.command(Self.command()) else { throw TestFailure("No table was made.") }
    #expect(node.run { node.status(of: "patients") == .active })
    func put(_ sequence: UInt64, atMs: UInt64) {
      let stamp = OperationStamp(origin: 3, sequence: sequence, answeredBelow: 0, issuedAtMs: atMs)
      #expect(node.ask(.put(table.id, "i\(sequence)"), stamp)?.isWritten == true)
    }
    for sequence in 1...4 { put(UInt64(sequence), atMs: UInt64(sequence) * 500) }
    #expect(node.run(ticks: 120) { (try? page(node.ask(read(table.id))).records.count) == 2 })
    let first = try page(node.ask(read(table.id)))
    #expect(first.span?.horizon ?? 0 > first.span?.since ?? 0)
    // Without a write and without a clock no time passes.
    node.run(ticks: 300)
    #expect(try page(node.ask(read(table.id))) == first)
    put(5, atMs: 9_000)
    #expect(node.run(ticks: 120) { (try? page(node.ask(read(table.id))).records.count) == 1 })
    #expect(try page(node.ask(read(table.id, .after(first.through - 1)))).isTrimmed)
    node.wallTimeMs = 9_900
    node.run(ticks: 300)
    #expect(try page(node.ask(read(table.id))).records.count == 1)
    let left = node.running.streamBytes(of: ShardID(1))
    #expect(left > 0)
    // Nobody writes any more: what is old goes all the same.
    node.wallTimeMs = 10_001
    #expect(node.run(ticks: 120) { (try? page(node.ask(read(table.id))).records.count) == 0 })
    #expect(node.run { node.running.streamBytes(of: ShardID(1)) == 0 })
  }

  @Test func beyondTheBoundEveryReplicaGivesUpTheSame() throws {
    var streams = NodeConfiguration.Streams()
    streams.bytesMax = 8_000
    let (cluster, table) = try started(streams)
    for number in 0..<40 {
      let write = ItemWrite.put(table, "i\(number)", [UInt8](repeating: 1, count: 500))
      #expect(cluster.ask(.write(write), shard: ShardID(1))?.isWritten == true)
    }
    func left(_ node: TestNode) -> [UInt64] {
      let shard = node.running.replica(GroupID(ShardID(1)))?.shard
      return (try? shard?.records(of: table, after: 0, countMax: 100, bytesMax: 1 << 20).map(\.sequence)) ?? []
    }
    let isBounded = cluster.run {
      cluster.nodes.allSatisfy { node in
        node.running.replica(GroupID(ShardID(1)))?.shard?.streamBytes(of: table) ?? .max <= 8_000
      }
    }
    #expect(isBounded)
    let kept = left(cluster.nodes[0])
    #expect((5...16).contains(kept.count), "The newest stay: \(kept.count)")
    #expect(cluster.nodes.allSatisfy { left($0) == kept })
    let page = try page(cluster.ask(read(table), shard: ShardID(1)))
    #expect(page.records.map(\.sequence) == kept)
    #expect(page.records.last?.key == ItemWrite.put(table, "i39").key)
  }
}
