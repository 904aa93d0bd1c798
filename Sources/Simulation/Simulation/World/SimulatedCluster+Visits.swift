import Environment
import Messages
import Node

/// A question to a node that no coordinator and no network stand before.
struct Visit {
  var node: NodeID
  var answered: (Answer) -> Void
  var lost: () -> Void
}

extension SimulatedCluster {
  /// Asks a node at once. Either closure is called once, `lost` where the process ends or does not run.
  func visit(
    _ id: NodeID, _ shard: ShardID, _ operation: Operation, answered: @escaping (Answer) -> Void,
    lost: @escaping () -> Void
  ) {
    guard let node = machine(id).node, !standsStill(.node(id)) else { return lost() }
    let request = Request(id: nextVisit, shard: shard, operation: operation)
    visits[nextVisit] = Visit(node: id, answered: answered, lost: lost)
    nextVisit += 1
    node.received([request], connection: Self.visitor, now: machine(id).clock.local(now))
    endTurn(id)
  }

  func answerVisits(_ responses: [Response]) {
    for response in responses { visits.removeValue(forKey: response.id)?.answered(response.answer) }
  }

  /// The process has ended.
  func loseVisits(of id: NodeID) {
    guard !visits.isEmpty else { return }
    for number in visits.filter({ $0.value.node == id }).keys.sorted() { visits.removeValue(forKey: number)?.lost() }
  }
}
