import Catalog
import Coordinator
import Environment
import Items
import Messages
import Testing

/// The coordinator against answers written by hand: each test is one rule of routing and retrying.
@Suite struct CoordinatorTests {
  @Test func aCallGoesToTheLeaderThatARefusalNames() throws {
    var bench = Bench()
    bench.learnCatalog()
    bench.coordinator.submit(bench.put, token: 1, now: bench.now)
    let first = try #require(bench.takeRequests().first { $0.isWrite })
    bench.answer(first, .refused(.notLeader(leader: first.node.next)))
    let second = try #require(bench.takeRequests().first { $0.isWrite })
    #expect(second.node == first.node.next)
    bench.answer(second, .written(WriteAnswer(oldBytes: 0, newBytes: 9)))
    #expect(bench.outcomes() == ["1 written"])
  }

  /// A write that was sent and whose connection broke may have taken effect: it is sent again under its own number.
  @Test func aWriteWhoseLinkBreaksIsSentAgainUnderItsNumber() throws {
    var bench = Bench()
    bench.learnCatalog()
    bench.coordinator.submit(bench.put, token: 1, now: bench.now)
    let sent = try #require(bench.takeRequests().first { $0.isWrite })
    let stamp = try #require(sent.request.stamp)
    #expect(!stamp.isRetry)
    bench.coordinator.linkDown(sent.node, now: bench.now)
    bench.advance(.milliseconds(50))
    let again = try #require(bench.takeRequests().first { $0.isWrite })
    #expect(again.node != sent.node)
    #expect(again.request.stamp?.sequence == stamp.sequence && again.request.stamp?.origin == stamp.origin)
    #expect(again.request.stamp?.issuedAtMs == stamp.issuedAtMs)
    #expect(again.request.stamp?.isRetry == true)
    bench.answer(again, .written(WriteAnswer(oldBytes: 0, newBytes: 9)))
    #expect(bench.outcomes() == ["1 written"])
  }

  /// A request that was refused says nothing about an earlier one of the same write whose answer was lost.
  @Test(arguments: [Refusal.overloaded, .failed("no")]) func aWriteInDoubtIsNotRefused(_ refusal: Refusal) throws {
    var bench = Bench()
    bench.learnCatalog()
    bench.coordinator.submit(bench.put, token: 1, now: bench.now)
    let sent = try #require(bench.takeRequests().first { $0.isWrite })
    bench.coordinator.linkDown(sent.node, now: bench.now)
    for _ in 0..<1_100 {
      for request in bench.takeRequests() where request.isWrite { bench.answer(request, .refused(refusal)) }
      bench.advance(.milliseconds(10))
    }
    #expect(bench.outcomes() == ["1 outcomeUnknown"])
  }

  @Test(arguments: [Refusal.unknownTable, .expired(timeMs: 5_000_000)])
  func aWriteInDoubtThatIsRefusedForGoodEndsAsUnknown(_ refusal: Refusal) throws {
    var bench = Bench()
    bench.learnCatalog()
    bench.coordinator.submit(bench.put, token: 1, now: bench.now)
    let sent = try #require(bench.takeRequests().first { $0.isWrite })
    bench.coordinator.linkDown(sent.node, now: bench.now)
    bench.advance(.milliseconds(50))
    let again = try #require(bench.takeRequests().first { $0.isWrite })
    bench.answer(again, .refused(refusal))
    #expect(bench.outcomes() == ["1 outcomeUnknown"])
  }

  /// A clock behind the shard's time is no reason to fail a write that nobody has seen yet.
  @Test func aNewWriteOfASlowClockIsIssuedAnew() throws {
    var bench = Bench()
    bench.learnCatalog()
    bench.coordinator.submit(bench.put, token: 1, now: bench.now)
    let sent = try #require(bench.takeRequests().first { $0.isWrite })
    bench.answer(sent, .refused(.expired(timeMs: 5_000_000)))
    let again = try #require(bench.takeRequests().first { $0.isWrite })
    #expect(try #require(again.request.stamp).issuedAtMs >= 5_000_000)
    bench.answer(again, .written(WriteAnswer(oldBytes: 0, newBytes: 9)))
    #expect(bench.outcomes() == ["1 written"])
  }

  /// A write names the leader's term; a leader of another one refuses it and is asked again under its own.
  @Test func aWriteNamesTheTermOfItsLeader() throws {
    var bench = Bench()
    bench.learnCatalog()
    bench.coordinator.submit(bench.put, token: 1, now: bench.now)
    let first = try #require(bench.takeRequests().first { $0.isWrite })
    #expect(first.request.term == 0)
    bench.answer(first, .refused(.otherTerm))
    let second = try #require(bench.takeRequests().first { $0.isWrite })
    #expect(second.node == first.node && second.request.term == 7)
    bench.answer(second, .written(WriteAnswer(oldBytes: 0, newBytes: 9)))
    #expect(bench.outcomes() == ["1 written"])
  }

  /// What is said of answered changes never covers one that may still be sent.
  @Test func changesBelowTheOldestOpenOneAreAnswered() throws {
    var bench = Bench()
    bench.learnCatalog()
    try bench.meetLeader()
    for token in 1...3 { bench.coordinator.submit(bench.put, token: UInt64(token), now: bench.now) }
    let sent = bench.takeRequests().filter(\.isWrite)
    for write in sent.dropFirst() { bench.answer(write, .written(WriteAnswer(oldBytes: 0, newBytes: 9))) }
    bench.coordinator.submit(bench.put, token: 4, now: bench.now)
    let fourth = try #require(bench.takeRequests().first { $0.isWrite }?.request.stamp)
    #expect(fourth.answeredBelow == sent[0].request.stamp?.sequence)
    bench.answer(sent[0], .written(WriteAnswer(oldBytes: 0, newBytes: 9)))
    bench.coordinator.submit(bench.put, token: 5, now: bench.now)
    let fifth = try #require(bench.takeRequests().first { $0.isWrite }?.request.stamp)
    #expect(fifth.answeredBelow == fourth.sequence)
  }

  /// It was said to lead and stands still, as with SIGSTOP: its connection stays open and nothing comes back.
  @Test func aSilentLeaderIsNotAskedForTheCatalogForEver() throws {
    var bench = Bench()
    let first = try #require(bench.takeRequests().last { $0.isCatalogRead })
    let silent = first.node.next
    bench.answer(first, .refused(.notLeader(leader: silent)))
    bench.advance(.milliseconds(20))
    #expect(bench.takeRequests().filter(\.isCatalogRead).map(\.node) == [silent])
    var asked: [NodeID] = []
    for _ in 0..<20 {
      bench.advance(.milliseconds(500))
      asked += bench.takeRequests().filter(\.isCatalogRead).map(\.node)
    }
    #expect(asked.contains { $0 != silent }, "\(asked)")
  }

  @Test func aReadWhoseLinkBreaksIsAskedElsewhere() throws {
    var bench = Bench()
    bench.learnCatalog()
    bench.coordinator.submit(.get(bench.key, consistent: true), token: 1, now: bench.now)
    let sent = try #require(bench.takeRequests().first { $0.isRead(of: bench.key) })
    bench.coordinator.linkDown(sent.node, now: bench.now)
    bench.advance(.milliseconds(50))
    let again = try #require(bench.takeRequests().first { $0.isRead(of: bench.key) })
    #expect(again.node != sent.node)
    bench.answer(again, .item(nil))
    #expect(bench.outcomes() == ["1 item"])
  }

  /// A client that looks at what it wrote finds it, whichever connection it comes on; later, reads are spread again.
  @Test func eventualReadsJustAfterAChangeGoToTheLeader() throws {
    let changes = RecentChanges()
    var writer = Bench(changes)
    var reader = Bench(changes)
    writer.learnCatalog()
    reader.learnCatalog()
    writer.coordinator.submit(writer.put, token: 1, now: writer.now)
    let write = try #require(writer.takeRequests().first { $0.isWrite })
    reader.coordinator.submit(.get(reader.key, consistent: true), token: 1, now: reader.now)
    let read = try #require(reader.takeRequests().first { $0.isRead(of: reader.key) })
    reader.answer(read, .item(nil))
    #expect(reader.nodesOfReads(20).count == 3)
    writer.answer(write, .written(WriteAnswer(oldBytes: 0, newBytes: 9)))
    #expect(reader.nodesOfReads(20) == [read.node])
    reader.advance(.milliseconds(300))
    #expect(reader.nodesOfReads(20).count == 3)
  }

  @Test func aCallWithoutALeaderFailsWithoutEffectAtItsDeadline() {
    var bench = Bench()
    bench.learnCatalog()
    bench.coordinator.submit(bench.put, token: 1, now: bench.now)
    for _ in 0..<1_200 {
      for request in bench.takeRequests() where request.isWrite {
        bench.answer(request, .refused(.notLeader(leader: nil)))
      }
      bench.advance(.milliseconds(10))
    }
    #expect(bench.outcomes() == ["1 unavailable"])
  }

  /// However slow the replicas are to say that they do not lead, and however rarely the process gets its turn: the last
  /// moments are too few to send once more what would then be in doubt.
  @Test(arguments: [10, 40, 70, 90]) func aCallWithoutALeaderIsNotInDoubtAtItsDeadline(answersAfterMs: UInt64) {
    var bench = Bench()
    bench.learnCatalog()
    bench.coordinator.submit(bench.put, token: 1, now: bench.now)
    for _ in 0..<(11_000 / answersAfterMs) {
      let sent = bench.takeRequests().filter(\.isWrite)
      bench.advance(.milliseconds(answersAfterMs))
      for request in sent { bench.answer(request, .refused(.notLeader(leader: nil))) }
    }
    #expect(bench.outcomes() == ["1 unavailable"])
  }

  @Test func aWriteWithoutAnAnswerEndsAsUnknown() {
    var bench = Bench()
    bench.learnCatalog()
    bench.coordinator.submit(bench.put, token: 1, now: bench.now)
    _ = bench.takeRequests()
    bench.advance(.seconds(11))
    #expect(bench.outcomes() == ["1 outcomeUnknown"])
  }

  /// A scan walks the shards in the order of the hash space and stops where a page is full.
  @Test func aScanWalksTheShards() throws {
    var bench = Bench()
    bench.learnCatalog()
    let range = RangeRead(
      lower: RowKey(table: TableID(1), hash: 0), upper: RowKey(table: TableID(2), hash: 0), limit: 5)
    bench.coordinator.submit(.scan(range), token: 1, now: bench.now)
    let first = try #require(bench.takeRequests().first { $0.isRange })
    #expect(first.request.shard == ShardID(1))
    bench.answer(first, .page(RangePage(count: 3, scannedCount: 3, scannedBytes: 30)))
    let second = try #require(bench.takeRequests().first { $0.isRange })
    #expect(second.request.shard == ShardID(2))
    guard case .range(let rest) = second.request.operation else { return }
    #expect(rest.limit == 2)
    bench.answer(second, .page(RangePage(count: 2, scannedCount: 2, scannedBytes: 20, last: bench.key)))
    #expect(bench.outcomes() == ["1 page of 5, more"])
  }

  @Test func creatingATableAnswersOnceItIsActive() throws {
    var bench = Bench()
    bench.learnCatalog()
    let key = KeyAttribute(name: Array("PK".utf8), type: .string)
    let definition = TableDefinition(name: "t", key: KeySchema(partition: key), attributes: [key])
    bench.coordinator.submit(.createTable(definition, createdAtMs: 0, uniqueID: [1]), token: 1, now: bench.now)
    let sent = try #require(bench.takeRequests().first { $0.request.shard == .metadata && !$0.isCatalogRead })
    let outcome = bench.catalog.apply(.createTable(definition, createdAtMs: 0, uniqueID: [1]))
    bench.answer(sent, .catalogOutcome(outcome.encode()))
    bench.serveCatalog()
    #expect(bench.outcomes() == [])
    _ = bench.catalog.apply(.activate(TableID(1), version: 1))
    bench.serveCatalog()
    #expect(bench.outcomes() == ["1 catalog"])
    #expect(bench.coordinator.catalog.table(named: "t")?.status == .active)
  }

  @Test func changingATableAnswersOnceEveryShardHasFollowed() throws {
    var bench = Bench()
    let key = KeyAttribute(name: Array("PK".utf8), type: .string)
    var definition = TableDefinition(name: "t", key: KeySchema(partition: key), attributes: [key])
    _ = bench.catalog.apply(.createTable(definition, createdAtMs: 0, uniqueID: [1]))
    guard case .table(let table) = bench.catalog.apply(.activate(TableID(1), version: 1)) else { return }
    bench.learnCatalog()
    definition.timeToLive = [1]
    let alteration = TableAlteration(of: table, to: definition, atMs: 0)
    bench.coordinator.submit(.alterTable(alteration), token: 1, now: bench.now)
    let sent = try #require(bench.takeRequests().first { $0.request.shard == .metadata && !$0.isCatalogRead })
    bench.answer(sent, .catalogOutcome(bench.catalog.apply(.alterTable(alteration)).encode()))
    bench.serveCatalog()
    #expect(bench.outcomes() == [])
    _ = bench.catalog.apply(
      .activate(TableID(1), version: try #require(bench.catalog.table(table.id)?.settingsVersion)))
    bench.serveCatalog()
    #expect(bench.outcomes() == ["1 catalog"])
  }

  /// A client that polls after `DeleteTable` finds the table gone at its first look.
  @Test func deletingATableAnswersOnceItIsGone() throws {
    var bench = Bench()
    let key = KeyAttribute(name: Array("PK".utf8), type: .string)
    let definition = TableDefinition(name: "t", key: KeySchema(partition: key), attributes: [key])
    _ = bench.catalog.apply(.createTable(definition, createdAtMs: 0, uniqueID: [1]))
    _ = bench.catalog.apply(.activate(TableID(1), version: 1))
    bench.learnCatalog()
    bench.coordinator.submit(.deleteTable(name: "t"), token: 1, now: bench.now)
    let sent = try #require(bench.takeRequests().first { $0.request.shard == .metadata && !$0.isCatalogRead })
    bench.answer(sent, .catalogOutcome(bench.catalog.apply(.deleteTable(name: "t")).encode()))
    bench.serveCatalog()
    #expect(bench.outcomes() == [])
    _ = bench.catalog.apply(.forget(TableID(1)))
    bench.serveCatalog()
    #expect(bench.outcomes() == ["1 catalog"])
    #expect(bench.coordinator.catalog.table(named: "t") == nil)
  }

  /// Answers to requests that were given up, and frames that cannot be read, change nothing.
  @Test func strayAnswersAreIgnored() {
    var bench = Bench()
    bench.learnCatalog()
    bench.coordinator.received([9, 9, 9], from: NodeID(1), now: bench.now)
    bench.coordinator.received(
      OperationFrame.encode([Response(id: 4_711, term: 1, answer: .item(nil))])[0], from: NodeID(1), now: bench.now)
    #expect(bench.outcomes() == [])
  }
}
