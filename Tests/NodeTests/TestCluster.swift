import Catalog
import Environment
import Messages
import Node
import Raft
import Replicas

/// Nodes, three if nothing else is asked for, whose messages arrive at once, except those that the test holds back.
final class TestCluster {
  /// In the order of their numbers, without gaps.
  private(set) var nodes: [TestNode]
  /// Whether a message is delivered; those that are not are lost.
  var isDelivered: (_ from: NodeID, _ to: NodeID, _ part: ConsensusFrame.Part) -> Bool = { _, _, _ in true }
  /// Of the releases that nodes run, where that is not this one.
  var protocolVersions: [NodeID: UInt16] = [:]
  /// Whether requests of that node to others are delivered.
  var isAsking: (_ node: NodeID) -> Bool = { _ in true }
  /// Sees requests between nodes, and whom they are for.
  var onRequest: ((_ node: NodeID, Request) -> Void)?
  /// A paused node takes in nothing and its time stands still; what is sent to it waits.
  private(set) var paused: Set<NodeID> = []
  private var waiting: [(from: NodeID, to: NodeID, frame: ConsensusFrame)] = []

  init(nodes count: UInt32 = 3, shards: Int = 1, change: (inout NodeConfiguration) -> Void = { _ in }) {
    nodes = (1...count).map { number in
      var configuration = TestNode.configuration(node: number, of: count, shards: shards)
      change(&configuration)
      return TestNode(configuration)
    }
  }

  /// A node that the cluster was not made with; it is not started, and nobody was told of it.
  func addNode() -> TestNode {
    var configuration = TestNode.configuration(node: UInt32(nodes.count + 1), of: UInt32(nodes.count + 1))
    configuration.founders = nodes[0].configuration.founders
    configuration.shards = nodes[0].configuration.shards
    configuration.replication = nodes[0].configuration.replication
    nodes.append(TestNode(configuration))
    return nodes[nodes.count - 1]
  }

  subscript(id: NodeID) -> TestNode { nodes[Int(id.rawValue) - 1] }

  func start() throws {
    for node in nodes { try node.start(seed: UInt64(node.id.rawValue)) }
  }

  func run(ticks: Int = 500, until isDone: () -> Bool = { false }) -> Bool {
    for _ in 0..<ticks {
      settle()
      if isDone() { return true }
      for node in nodes where node.node != nil {
        if paused.contains(node.id) { node.now = node.now + .milliseconds(10) } else { node.tick() }
      }
    }
    return isDone()
  }

  /// Carries messages and runs jobs until nothing is left to do.
  func settle() {
    meet()
    repeat {
      for node in nodes where !paused.contains(node.id) { node.runJobs() }
    } while deliver()
  }

  /// Every process knows every other one by its handshake.
  private func meet() {
    for node in nodes {
      for other in nodes where other.id != node.id && other.node != nil {
        node.node?.heard(other.id, speaks: protocolVersions[other.id] ?? .max)
      }
    }
  }

  func pause(_ id: NodeID) { paused.insert(id) }

  /// What waited for the node stays with the caller: it decides about the order.
  func resume(_ id: NodeID) -> [(from: NodeID, frame: ConsensusFrame)] {
    paused.remove(id)
    defer { waiting.removeAll { $0.to == id } }
    return waiting.filter { $0.to == id }.map { ($0.from, $0.frame) }
  }

  private func deliver() -> Bool {
    var isBusy = false
    for node in nodes where !paused.contains(node.id) {
      let (consensus, requests, responses) = (node.consensus, node.requests, node.responses)
      node.consensus = []
      node.requests = []
      node.responses = []
      for (to, frame) in consensus {
        let parts = frame.parts.filter { isDelivered(node.id, to, $0) }
        guard !parts.isEmpty, self[to].node != nil else { continue }
        if paused.contains(to) {
          waiting.append((node.id, to, ConsensusFrame(parts: parts)))
        } else {
          isBusy = true
          self[to].receive(ConsensusFrame(parts: parts), from: node.id)
        }
      }
      isBusy = carry(requests, responses, of: node) || isBusy
      isBusy = carryBulk(of: node) || isBusy
    }
    return isBusy
  }

  /// Whether a frame between nodes that fetch a snapshot is delivered.
  var isBulkDelivered: (_ from: NodeID, _ to: NodeID, _ frame: SnapshotFrame) -> Bool = { _, _, _ in true }

  private func carryBulk(of node: TestNode) -> Bool {
    var isBusy = false
    let frames = node.bulk
    node.bulk = []
    for (to, bytes) in frames where self[to].node != nil && !paused.contains(to) {
      guard let frame = try? SnapshotFrame(bytes), isBulkDelivered(node.id, to, frame) else { continue }
      isBusy = true
      self[to].node?.receivedBulk(bytes, from: node.id, now: self[to].now)
      self[to].turn()
    }
    return isBusy
  }

  private func carry(
    _ requests: [(node: NodeID, requests: [Request])], _ responses: [(connection: UInt64, responses: [Response])],
    of node: TestNode
  ) -> Bool {
    for (to, batch) in requests where !paused.contains(to) && isAsking(node.id) {
      for request in batch { onRequest?(to, request) }
      self[to].node?.received(batch, connection: 1_000 + UInt64(node.id.rawValue), now: self[to].now)
      self[to].turn()
    }
    for (connection, batch) in responses {
      let to = self[NodeID(UInt32(connection - 1_000))]
      to.node?.received(batch, from: node.id, now: to.now)
      to.turn()
    }
    return !requests.isEmpty || !responses.isEmpty
  }

  /// The node that leads a group and has applied an entry of its own term.
  func leader(of shard: ShardID) -> TestNode? {
    nodes.first { node in
      guard let running = node.node, !paused.contains(node.id) else { return false }
      if shard == .metadata { return running.status.first?.role == .leader && running.catalog?.shardMap != nil }
      return running.ledShards.contains(shard)
    }
  }

  func ask(_ operation: Messages.Operation, shard: ShardID = ShardID(1)) -> Answer? {
    for _ in 0..<20 {
      guard run(until: { self.leader(of: shard) != nil }), let leader = leader(of: shard) else { return nil }
      let id = leader.submit(operation, shard: shard)
      _ = run(ticks: 100) { leader.answers[id] != nil }
      if let answer = leader.answers[id], answer != .refused(.notLeader(leader: nil)) { return answer }
    }
    return nil
  }

  /// `awaitedBy`: the nodes that must serve it; nil: all that run.
  func makeTable(_ name: String = "patients", awaitedBy: [TestNode]? = nil) throws -> TableID {
    _ = run { self.leader(of: .metadata) != nil }
    guard
      case .catalogOutcome(let bytes)? = ask(.catalogCommand(CatalogCommand.makeTable(name).encode()), shard: .metadata),
      case .table(let table) = try CatalogOutcome(bytes)
    else { throw TestFailure("No table was made.") }
    let isActive = run { (awaitedBy ?? self.nodes).allSatisfy { $0.node == nil || $0.status(of: name) == .active } }
    guard isActive else { throw TestFailure("The table never became active.") }
    return table.id
  }
}
