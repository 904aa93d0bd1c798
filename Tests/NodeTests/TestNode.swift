import Bytes
import Catalog
import Environment
import Expressions
import Items
import Journal
import Messages
import Node
import Raft
import Replicas
import SimulatedDisk
import Testing

/// One node whose turns, jobs and messages the test drives by hand.
final class TestNode {
  private(set) var disk: SimulatedDisk
  var configuration: NodeConfiguration
  private(set) var node: Node?
  /// What the node reads between its events, where that differs from `now`.
  var clock: Instant?
  var now = Instant(nanoseconds: 1_000_000_000)
  /// By which items expire.
  var wallTimeMs: WallTimeMs?
  /// Blocking work that waits to be run, oldest first.
  private(set) var jobs: [Job] = []
  private(set) var answers: [UInt64: Answer] = [:]
  /// What the node sent and nobody delivered yet.
  var consensus: [(node: NodeID, frame: ConsensusFrame)] = []
  var bulk: [(node: NodeID, bytes: [UInt8])] = []
  var requests: [(node: NodeID, requests: [Request])] = []
  var responses: [(connection: UInt64, responses: [Response])] = []
  /// For nodes of other regions.
  var regional: [(region: String, node: NodeID, request: Request)] = []
  private(set) var failure: NodeFailure?
  /// Turns that were begun.
  private(set) var turns = 0
  private(set) var notices: [NodeNotice] = []
  private var nextRequest: UInt64 = 1
  /// Work is left undone while this holds, until the test kills the node.
  var isHalted: () -> Bool = { false }
  /// Work of that lane is left undone.
  var heldLane: Job.Lane?
  /// Draws which lane's job ends next; nil: as they were made.
  var order: SeededRandom?

  /// Requests of the test itself.
  static let connection: UInt64 = 1
  static let cluster = "0123456789abcdef0123456789abcdef"

  init(_ configuration: NodeConfiguration = TestNode.configuration(), disk: SimulatedDisk = SimulatedDisk()) {
    self.configuration = configuration
    self.disk = disk
  }

  /// Small sizes, so that flushes, checkpoints and new segments come all the time.
  static func configuration(node: UInt32 = 1, of nodes: UInt32 = 1, shards: Int = 1) -> NodeConfiguration {
    var configuration = NodeConfiguration(
      cluster: cluster, node: NodeID(node), nodes: (1...nodes).map { NodeID($0) }, shards: shards,
      replication: Int(min(nodes, 3)), dataDirectory: "/data")
    configuration.journal = JournalConfiguration(segmentBytes: 16 << 10)
    configuration.journalBytesMax = 64 << 10
    configuration.overlayBytesMax = 16 << 10
    configuration.storageFlushBytesMin = 4 << 10
    configuration.storePageBytes = 4_096
    configuration.idleFlushDelay = .milliseconds(300)
    return configuration
  }

  var id: NodeID { configuration.node }

  var running: Node {
    guard let node else { fatalError("The test uses a node that does not run.") }
    return node
  }

  func start(seed: UInt64 = 1) throws {
    node = try Node(
      configuration: configuration, disk: disk, random: SeededRandom(seed: seed), now: now,
      clock: { [unowned self] in clock ?? self.now })
    failure = nil
    turn()
  }

  /// The other members say that they have no data either.
  func formAlone() {
    for peer in configuration.nodes where peer != id {
      let blank = Response(id: 0, term: 0, answer: .member(hasTerm: false, seenIncarnation: 0))
      node?.received([blank], from: peer, now: now)
    }
    turn()
    requests = []
  }

  /// Ends a turn: what the node wants done is added to what waits.
  func turn() {
    guard let node else { return }
    turns += 1
    let effects = node.takeEffects(now: now)
    if let failure = effects.failure {
      self.failure = failure
      #expect(
        effects.consensus.isEmpty && effects.requests.isEmpty && effects.responses.isEmpty && effects.jobs.isEmpty)
      return
    }
    notices += effects.notices
    for (to, bytes) in effects.consensus {
      if let frame = try? ConsensusFrame(bytes) { consensus.append((to, frame)) }
    }
    bulk += effects.bulk
    requests += effects.requests
    for (region, to, batch) in effects.regional { regional += batch.map { (region, to, $0) } }
    for (connection, batch) in effects.responses {
      if connection == Self.connection {
        for response in batch { answers[response.id] = response.answer }
      } else {
        responses.append((connection, batch))
      }
    }
    jobs += effects.jobs
    if effects.hasMore, clock == nil { turn() }
  }

  func tick(after span: Span = .milliseconds(10)) {
    now = now + span
    node?.tick(now: now, wallTimeMs: wallTimeMs)
    turn()
  }

  /// Runs the oldest waiting job of a lane; false where there is none.
  @discardableResult func runJob(_ lane: Job.Lane? = nil) -> Bool {
    guard let position = jobs.firstIndex(where: { lane == nil ? $0.lane != heldLane : $0.lane == lane }) else {
      return false
    }
    let job = jobs.remove(at: position)
    var thrown: (any Error)?
    do { try job.work() } catch { thrown = error }
    node?.jobFinished(job.id, error: thrown, now: now)
    turn()
    return true
  }

  /// In the order in which they were made, or with ``order`` that of random lanes.
  func runJobs() {
    while failure == nil, !isHalted() {
      let waiting = jobs.filter { $0.lane != heldLane }
      guard !waiting.isEmpty else { return }
      runJob(order == nil ? nil : waiting[Int(order!.below(UInt64(waiting.count)))].lane)
    }
  }

  /// Lets time pass and work be done until `isDone`; false where it never is.
  @discardableResult func run(ticks: Int = 500, until isDone: () -> Bool = { false }) -> Bool {
    for _ in 0..<ticks {
      runJobs()
      if isDone() { return true }
      if failure != nil { return false }
      tick()
    }
    return isDone()
  }

  func receive(_ frame: ConsensusFrame, from node: NodeID) {
    for bytes in ConsensusFrame.encode(frame.parts) { self.node?.receivedConsensus(bytes, from: node, now: now) }
    turn()
  }

  // MARK: Requests

  /// Does not wait.
  @discardableResult func submit(
    _ operation: Messages.Operation, shard: ShardID = ShardID(1), term: Term = 0, stamp: OperationStamp? = nil
  ) -> UInt64 {
    let id = nextRequest
    nextRequest += 1
    let request = Request(id: id, shard: shard, term: term, stamp: stamp, operation: operation)
    node?.received([request], connection: Self.connection, now: now)
    turn()
    return id
  }

  func ask(_ operation: Messages.Operation, shard: ShardID = ShardID(1)) -> Answer? {
    let id = submit(operation, shard: shard)
    run { answers[id] != nil }
    return answers[id]
  }

  /// A change under a number, in the current term of its shard unless said otherwise.
  func ask(_ write: ItemWrite, _ stamp: OperationStamp, term: Term? = nil) -> Answer? {
    let current = node?.status.first { $0.shard == ShardID(1) }?.term ?? 0
    let id = submit(.write(write), term: term ?? current, stamp: stamp)
    run { answers[id] != nil }
    return answers[id]
  }

  func command(_ command: CatalogCommand) throws -> CatalogOutcome {
    guard case .catalogOutcome(let bytes)? = ask(.catalogCommand(command.encode()), shard: .metadata) else {
      throw TestFailure("A catalog command was not answered.")
    }
    return try CatalogOutcome(bytes)
  }

  /// Leads everything and serves a table.
  func makeTable(_ name: String = "patients") throws -> TableID {
    guard run(until: { isServing }) else { throw TestFailure("The node never led its groups.") }
    guard case .table(let table) = try command(.makeTable(name)) else { throw TestFailure("No table was made.") }
    guard run(until: { status(of: name) == .active }) else { throw TestFailure("The table never became active.") }
    return table.id
  }

  var isServing: Bool {
    node?.ledShards.count == configuration.shards && node?.catalog?.shardMap != nil
      && node?.status.allSatisfy { $0.shard == .metadata || $0.range != nil } == true
  }

  func status(of name: String) -> TableStatus? { node?.catalog?.table(named: name)?.status }

  // MARK: The end

  /// Power goes where the node stands.
  func crash(_ random: inout SeededRandom) {
    leave()
    disk.crash(&random)
  }

  /// The process is killed, the machine lives.
  func kill() {
    leave()
    disk.kill()
  }

  /// The machine is replaced: the next process finds an empty disk, or that one.
  func replaceDisk(by disk: SimulatedDisk = SimulatedDisk()) {
    leave()
    self.disk = disk
  }

  private func leave() {
    // The dying process writes nothing more, whatever closing its files does.
    disk.stop(afterChanges: 0)
    node = nil
    jobs = []
    consensus = []
    bulk = []
    requests = []
    responses = []
    regional = []
    answers = [:]
  }
}

struct TestFailure: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) { self.description = description }
}

extension CatalogCommand {
  static func makeTable(_ name: String, unique: UInt8 = 7) -> CatalogCommand {
    let key = KeySchema(partition: .init(name: Array("PK".utf8), type: .string))
    let definition = TableDefinition(name: name, key: key, attributes: key.attributes)
    return .createTable(definition, createdAtMs: 0, uniqueID: [UInt8](repeating: unique, count: 16))
  }
}

extension ItemWrite {
  private static func key(_ table: TableID, _ name: String) -> RowKey {
    RowKey(table: table, partition: .text(name), sort: nil)
  }

  static func item(_ name: String, _ payload: [UInt8]) -> EncodedItem {
    EncodedItem(
      AttributeMap([
        .init(name: Array("PK".utf8), value: .text(name)), .init(name: Array("body".utf8), value: .binary(payload)),
      ]))
  }

  static func put(_ table: TableID, _ name: String, _ payload: [UInt8] = []) -> ItemWrite {
    ItemWrite(key: key(table, name), action: .put(item(name, payload)))
  }

  /// Raises the counter `n` of an item by one, and fills the item up.
  static func count(_ table: TableID, _ name: String, filler: Int = 0) throws -> ItemWrite {
    let values = AttributeMap([
      .init(name: Array(":one".utf8), value: .number(Number(1))),
      .init(name: Array(":f".utf8), value: .binary([UInt8](repeating: 1, count: filler))),
    ])
    var context = try ExpressionContext(names: nil, values: values)
    let update = try UpdateExpression.parse(Array("ADD n :one SET filler = :f".utf8), context: &context)
    let item = EncodedItem(AttributeMap([.init(name: Array("PK".utf8), value: .text(name))]))
    return ItemWrite(key: key(table, name), action: .update(update, key: item))
  }
}

extension Messages.Operation {
  static func read(_ table: TableID, _ name: String, consistent: Bool = true) -> Messages.Operation {
    .get(RowKey(table: table, partition: .text(name), sort: nil), consistent: consistent)
  }
}

extension Answer {
  var isWritten: Bool {
    if case .written = self { return true }
    return false
  }

  /// The counter `n` of an item that was read, 0 where there is none.
  var counter: Int? {
    guard case .item(let item) = self else { return nil }
    guard case .number(let number)? = try? item?.value(named: Array("n".utf8)) else { return 0 }
    return number.integer
  }
}

extension TestNode {
  /// What an earlier release wrote of node 1, alone in its cluster, with one shard: cluster, node, layout.
  static var identityOfFormat1: [UInt8] {
    var writer = ByteWriter()
    writer.raw(Array("gantry\n".utf8))
    writer.u32(1)
    writer.string(cluster)
    writer.node(NodeID(1))
    writer.array([NodeID(1)]) { $0.node($1) }
    writer.u32(1)
    writer.u32(1)
    writer.u32(CRC32C.checksum(writer.bytes))
    return writer.bytes
  }
}
