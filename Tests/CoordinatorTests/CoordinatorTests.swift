import Bytes
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

  /// While no leader is known, one call asks for all; each of them is sent once the leader has answered that one.
  @Test func oneCallLooksForALeaderAndTheOthersFollow() throws {
    var bench = Bench()
    bench.learnCatalog()
    let first = try bench.scout(of: 100)
    bench.answer(first, .refused(.notLeader(leader: nil)))
    var asked = 0
    for _ in 0..<20 {
      bench.advance(.milliseconds(10))
      for sent in bench.takeRequests() where sent.isWrite {
        asked += 1
        bench.answer(sent, .refused(.notLeader(leader: nil)))
      }
    }
    #expect(asked >= 5 && asked <= 12)
    bench.advance(.milliseconds(50))
    let last = try #require(bench.takeRequests().filter(\.isWrite).onlyElement)
    bench.answer(last, .written(WriteAnswer(oldBytes: 0, newBytes: 9)))
    let rest = bench.takeRequests().filter(\.isWrite)
    #expect(rest.count == 99 && Set(rest.map(\.node)) == [last.node])
  }

  /// Who names another leader does not know it: nobody but the call that was told so goes there before it answers.
  @Test func aLeaderThatIsOnlyNamedIsAskedByOneCall() throws {
    var bench = Bench()
    bench.learnCatalog()
    let first = try bench.scout(of: 10)
    bench.answer(first, .refused(.notLeader(leader: first.node.next)))
    let second = try #require(bench.takeRequests().filter(\.isWrite).onlyElement)
    #expect(second.node == first.node.next)
    bench.answer(second, .written(WriteAnswer(oldBytes: 0, newBytes: 9)))
    let rest = bench.takeRequests().filter(\.isWrite)
    #expect(rest.count == 9 && Set(rest.map(\.node)) == [second.node])
  }

  /// A replica that was cut off, and is behind, does not talk a coordinator out of the leader that answers it.
  @Test func aReplicaThatIsBehindUnseatsNoLeader() throws {
    var bench = Bench()
    bench.learnCatalog()
    let leader = try bench.meetLeader()
    for token in UInt64(200)..<220 {
      bench.coordinator.submit(.get(bench.key, consistent: false), token: token, now: bench.now + .seconds(1))
    }
    let misled = bench.takeRequests().filter { $0.isRead(of: bench.key) && $0.node != leader }
    try #require(!misled.isEmpty)
    for (place, sent) in misled.enumerated() {
      bench.answer(sent, .refused(.notLeader(leader: place % 2 == 0 ? nil : leader.next)), term: 6)
    }
    for token in 1...10 { bench.coordinator.submit(bench.put, token: UInt64(token), now: bench.now) }
    let sent = bench.takeRequests().filter(\.isWrite)
    #expect(sent.count == 10 && Set(sent.map(\.node)) == [leader])
  }

  /// A scan that is held back on its way to the next shard has no request any more that could be found to be without an
  /// answer: it is sent there once.
  @Test func aScanThatIsHeldBackIsSentOnce() throws {
    var bench = Bench()
    bench.learnCatalog()
    let began = bench.now
    let first = RowKey(table: TableID(1), hash: 0)
    var whole = RangeRead(lower: first, upper: RowKey(table: TableID(2), hash: 0), limit: nil)
    whole.consistent = true
    bench.coordinator.submit(.scan(whole), token: 1, now: bench.now)
    let sent = try #require(bench.takeRequests().first { $0.isRange })
    // Another call looks for the leader of the second shard, and has just asked in vain.
    whole.lower = RowKey(table: TableID(1), hash: .max)
    bench.coordinator.submit(.scan(whole), token: 2, now: bench.now)
    var hasAsked = false
    while !hasAsked || bench.now < began + .milliseconds(455) {
      bench.advance(.milliseconds(5))
      hasAsked = false
      for other in bench.takeRequests() where other.isRange {
        hasAsked = true
        bench.answer(other, .refused(.notLeader(leader: nil)))
      }
    }
    try #require(bench.now < began + .milliseconds(500))
    bench.answer(sent, .page(RangePage()))
    var times = 0
    for _ in 0..<60 {
      bench.advance(.milliseconds(5))
      for other in bench.takeRequests() {
        guard case .range(let rest) = other.request.operation, rest.lower.hash < .max else { continue }
        times += 1
      }
    }
    #expect(times == 1)
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

  @Test func framesSurviveTheirEncodingAndEveryTruncationIsRefused() throws {
    let requests = [
      Request(id: 1, shard: ShardID(2), operation: .get(RowKey(table: TableID(1), hash: 7), consistent: true)),
      Request(id: 300, shard: .metadata, operation: .catalogRead(version: 9)),
      Request(id: 2, shard: ShardID(1), operation: .dropTable(TableID(3))),
      Request(
        id: 3, shard: ShardID(1), term: 300,
        stamp: OperationStamp(
          origin: .max, sequence: 1 << 40, answeredBelow: (1 << 40) - 3, issuedAtMs: 1_700_000_000_000, isRetry: true),
        operation: .dropTable(TableID(3))),
      Request(id: 3, shard: .metadata, operation: .describeMember(NodeID(3))),
      Request(id: 4, shard: ShardID(1), operation: .replaceReplica(NodeID(3), old: nil)),
      Request(id: 5, shard: ShardID(1), operation: .replaceReplica(NodeID(3), old: 5 << 32 | 3)),
    ]
    let bytes = OperationFrame.encode(requests)[0]
    guard case .requests(let read) = try OperationFrame(bytes) else { return }
    #expect(OperationFrame.encode(read) == [bytes])
    for length in bytes.indices {
      #expect(throws: MalformedBytes.self) { try OperationFrame(Array(bytes[..<length])) }
    }
  }

  @Test func answersSurviveTheirEncodingAndEveryTruncationIsRefused() throws {
    let responses = [
      Response(id: 1, term: 1, answer: .checksumAt(7)),
      Response(id: 2, term: 1, answer: .refused(.notLeader(leader: NodeID(3)))),
      Response(id: 3, term: 1, answer: .member(hasTerm: true, seenIncarnation: 1 << 40)),
      Response(id: 4, term: 1, answer: .replacement(5 << 32 | 3)),
    ]
    let bytes = OperationFrame.encode(responses)[0]
    guard case .responses(let read) = try OperationFrame(bytes) else {
      Issue.record("The frame carries responses.")
      return
    }
    #expect(read == responses)
    for length in bytes.indices {
      #expect(throws: MalformedBytes.self) { try OperationFrame(Array(bytes[..<length])) }
    }
  }
}

private struct Sent {
  var node: NodeID
  var request: Request

  var isWrite: Bool { if case .write = request.operation { true } else { false } }
  var isRange: Bool { if case .range = request.operation { true } else { false } }
  var isCatalogRead: Bool { if case .catalogRead = request.operation { true } else { false } }

  func isRead(of key: RowKey) -> Bool {
    if case .get(key, _) = request.operation { true } else { false }
  }
}

extension Array {
  fileprivate var onlyElement: Element? { count == 1 ? self[0] : nil }
}

extension NodeID {
  fileprivate var next: NodeID { NodeID(rawValue % 3 + 1) }
}

/// A coordinator of three nodes and two shards, fed by hand.
private struct Bench {
  let coordinator: Coordinator
  var catalog = Catalog()
  var now = Instant(nanoseconds: 1_000_000_000)
  let key = RowKey(table: TableID(1), partition: .text("p"), sort: nil)

  init(_ recentChanges: RecentChanges = RecentChanges()) {
    let nodes = [NodeID(1), NodeID(2), NodeID(3)]
    coordinator = Coordinator(
      configuration: CoordinatorConfiguration(nodes: nodes), random: SeededRandom(seed: 1),
      recentChanges: recentChanges)
    _ = catalog.apply(.initialise(.initial(shards: 2, nodes: nodes, replication: 3)))
    for node in nodes { coordinator.linkUp(node, now: now) }
  }

  var put: Call { .write(ItemWrite(key: key, action: .put(EncodedItem(AttributeMap())))) }

  mutating func learnCatalog() {
    advance(.milliseconds(20))
    for sent in takeRequests() where sent.isCatalogRead { answer(sent, .catalog(catalog.encode())) }
  }

  /// Submits so many writes; returns the only one that is sent.
  mutating func scout(of count: Int) throws -> Sent {
    for token in 1...count { coordinator.submit(put, token: UInt64(token), now: now) }
    return try #require(takeRequests().filter(\.isWrite).onlyElement)
  }

  /// Lets the leader of the shard of `key` answer a write; says which node that is.
  @discardableResult
  mutating func meetLeader() throws -> NodeID {
    coordinator.submit(put, token: 99, now: now)
    let sent = try #require(takeRequests().first { $0.isWrite })
    answer(sent, .written(WriteAnswer(oldBytes: 0, newBytes: 9)))
    _ = outcomes()
    return sent.node
  }

  /// Answers every question for the catalog for long enough that a lost one is asked again.
  mutating func serveCatalog() {
    for _ in 0..<30 {
      for sent in takeRequests() where sent.isCatalogRead { answer(sent, .catalog(catalog.encode())) }
      advance(.milliseconds(50))
    }
  }

  /// Who is asked by some eventual reads, one after the other.
  mutating func nodesOfReads(_ count: Int) -> Set<NodeID> {
    for token in 0..<count {
      coordinator.submit(.get(key, consistent: false), token: nextToken + UInt64(token), now: now)
    }
    nextToken += UInt64(count)
    return Set(takeRequests().filter { $0.isRead(of: key) }.map(\.node))
  }

  private var nextToken: UInt64 = 100

  mutating func advance(_ span: Span) {
    now = now + span
    coordinator.tick(now: now, wallTimeMs: 1_000_000 + now.nanoseconds / 1_000_000)
  }

  private var pending: [(token: UInt64, outcome: CallOutcome)] = []

  mutating func takeRequests() -> [Sent] {
    let effects = coordinator.takeEffects()
    pending += effects.outcomes
    return effects.frames.flatMap { frame -> [Sent] in
      guard case .requests(let requests)? = try? OperationFrame(frame.bytes) else { return [] }
      return requests.map { Sent(node: frame.node, request: $0) }
    }
  }

  func answer(_ sent: Sent, _ answer: Answer, term: UInt64 = 7) {
    let frame = OperationFrame.encode([Response(id: sent.request.id, term: term, answer: answer)])[0]
    coordinator.received(frame, from: sent.node, now: now)
  }

  mutating func outcomes() -> [String] {
    _ = takeRequests()
    defer { pending = [] }
    return pending.map { token, outcome in
      switch outcome {
      case .written: "\(token) written"
      case .item: "\(token) item"
      case .page(let page): "\(token) page of \(page.count)\(page.last == nil ? "" : ", more")"
      case .catalog: "\(token) catalog"
      case .failed(.outcomeUnknown): "\(token) outcomeUnknown"
      case .failed(.unavailable): "\(token) unavailable"
      default: "\(token) \(outcome)"
      }
    }
  }
}
