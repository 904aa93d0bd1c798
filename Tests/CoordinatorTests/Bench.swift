import Catalog
import Coordinator
import Environment
import Items
import Messages
import Testing

struct Sent {
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
  var onlyElement: Element? { count == 1 ? self[0] : nil }
}

extension NodeID {
  var next: NodeID { NodeID(rawValue % 3 + 1) }
}

/// A coordinator of three nodes and two shards, fed by hand.
struct Bench {
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
