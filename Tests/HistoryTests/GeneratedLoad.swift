import Environment
import History

/// A long lawful history as a load against a faulty cluster would give it: clients wait for their answers, some answers
/// never come, and what was asked may happen much later.
struct GeneratedLoad {
  var clients = 16
  var keys = 8
  /// Of a thousand operations, how many have no outcome.
  var unknownPermille: UInt64 = 5

  /// Every five seconds nobody is answered for one.
  var hasElections = false

  private struct Running {
    var index: Int
    var key: Int
    var moment: Int64
    var returns: Int64
  }

  private enum Event {
    case start(client: Int)
    case happen(client: Int)
    case end(client: Int)
    /// What nobody waits for any more.
    case late(Int)
  }

  private var random: SeededRandom
  private var values: [HistoryValue?] = []
  private var history: [HistoryEntry] = []
  private var running: [Running?] = []
  private var startsAt: [Int64] = []
  private var names: [Int] = []
  private var late: [(at: Int64, index: Int, key: Int)] = []

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  mutating func history(count: Int) -> [HistoryEntry] {
    values = Array(repeating: nil, count: keys)
    running = Array(repeating: nil, count: clients)
    startsAt = (0..<clients).map { Int64($0) }
    names = Array(0..<clients)
    while history.count < count || running.contains(where: { $0 != nil }) {
      let (time, event) = nextEvent(isEnding: history.count >= count)
      switch event {
      case .start(let client): start(client, time)
      case .happen(let client): happen(client)
      case .end(let client): end(client, time)
      case .late(let place):
        _ = perform(late[place].index, late[place].key)
        late.remove(at: place)
      }
    }
    return history
  }

  private func nextEvent(isEnding: Bool) -> (Int64, Event) {
    var best: (at: Int64, event: Event) = (.max, .late(0))
    for client in 0..<clients {
      if let operation = running[client] {
        let isPending = operation.moment >= 0
        let at = isPending ? operation.moment : operation.returns
        if at < best.at { best = (at, isPending ? .happen(client: client) : .end(client: client)) }
      } else if !isEnding, startsAt[client] < best.at {
        best = (startsAt[client], .start(client: client))
      }
    }
    for (place, operation) in late.enumerated() where operation.at < best.at { best = (operation.at, .late(place)) }
    return best
  }

  private mutating func start(_ client: Int, _ time: Int64) {
    let key = Int(random.below(UInt64(keys)))
    let operation = operation(key)
    history.append(
      HistoryEntry(
        client: "c\(names[client])", operation, keys: ["k\(key)"], invoked: time, returned: nil, outcome: .unknown))
    // Now and then a client waits for an election.
    var length = Int64(random.chance(1, in: 500) ? 400_000_000 : 1_000_000) + Int64(random.below(8_000_000))
    let phase = time % 5_000_000_000
    if hasElections && phase > 4_000_000_000 { length = 5_000_000_000 - phase + Int64(random.below(50_000_000)) }
    let moment = time + Int64(random.below(UInt64(length)))
    if operation != .get, random.chance(unknownPermille, in: 1_000) {
      if random.chance(2, in: 3) {
        late.append((time + Int64(random.below(2_000_000_000)), history.count - 1, key))
      }
      history[history.count - 1].returned = time + length
      names[client] += clients
      startsAt[client] = time + length
    } else {
      running[client] = Running(index: history.count - 1, key: key, moment: moment, returns: time + length)
    }
  }

  private mutating func operation(_ key: Int) -> HistoryOperation {
    let unique = HistoryValue.number(Int64(history.count + 1) << 24)
    switch random.below(10) {
    case 0, 1: return .put(unique)
    case 2: return .putIf(expected: nil, unique)
    case 3: return .putIf(expected: values[key], unique)
    case 4, 5: return .add(1)
    case 6: return .delete
    default: return .get
    }
  }

  private mutating func happen(_ client: Int) {
    guard var operation = running[client] else { fatalError("Only what runs can happen.") }
    history[operation.index].output = perform(operation.index, operation.key)
    operation.moment = -1
    running[client] = operation
  }

  private mutating func end(_ client: Int, _ time: Int64) {
    guard let operation = running[client] else { fatalError("Only what runs can end.") }
    history[operation.index].returned = time
    history[operation.index].outcome = .ok
    running[client] = nil
    startsAt[client] = time + Int64(random.below(1_000_000))
  }

  private mutating func perform(_ index: Int, _ key: Int) -> HistoryOutput {
    switch history[index].operation {
    case .put(let value): values[key] = value
    case .delete: values[key] = nil
    case .get: return .value(values[key])
    case .putIf(let expected, let value):
      guard values[key] == expected else { return .applied(false) }
      values[key] = value
      return .applied(true)
    case .add(let amount):
      guard case .number(let number) = values[key] ?? .number(0) else { fatalError("Only numbers are put.") }
      values[key] = .number(number + amount)
      return .value(values[key])
    }
    return .none
  }
}
