import Messages
import Raft
import Replicas

/// What a node keeps for one kind of work in the shards that it leads: a state each, in the order in which they came. A
/// state is of one term of one shard, and a next leader, or the same one in a next term, begins with a new one.
///
/// A node leads a handful of shards: finding one is a look through all.
struct LedShards<State>: RandomAccessCollection {
  private struct Led {
    let group: GroupID
    let term: Term
    var state: State
  }

  private var led: [Led] = []

  var startIndex: Int { 0 }
  var endIndex: Int { led.count }

  /// Changed where it lies: the arrays in it are not copied.
  subscript(place: Int) -> State {
    _read { yield led[place].state }
    _modify { yield &led[place].state }
  }

  func group(at place: Int) -> GroupID { led[place].group }

  /// Nil where the node does not lead that shard, or has no such work there.
  func state(of group: GroupID) -> State? { led.first { $0.group == group }?.state }

  /// Drops the states of shards that are not led any more, are led in another term, or have no such work any more. To be
  /// called before each look at the replicas.
  mutating func keep(_ replicas: [Replica], where hasWork: (Replica) -> Bool) {
    guard !led.isEmpty else { return }
    led.removeAll { old in
      !replicas.contains { $0.group == old.group && $0.isServing && $0.raft.term == old.term && hasWork($0) }
    }
  }

  /// The place of a shard that is led, with a new state where it has none. Good until the next ``keep(_:where:)``.
  mutating func place(of replica: Replica, new state: @autoclosure () -> State) -> Int {
    if let place = led.firstIndex(where: { $0.group == replica.group }) { return place }
    led.append(Led(group: replica.group, term: replica.raft.term, state: state()))
    return led.count - 1
  }
}
