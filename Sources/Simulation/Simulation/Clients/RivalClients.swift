import Catalog
import Environment
import Expressions
import Items
import Messages
import Node
import Raft

/// While two nodes take themselves for the leader of a shard: writes by the one of the newest term and strong reads by all
/// of them, without a coordinator or a network in between. Whatever was acknowledged before a read began, it shows.
///
/// That is when a lease of the older one may be wrong, and no random client asks both within the few milliseconds.
final class RivalClients: SimulationCheck {
  private struct Register {
    var shard: ShardID
    var key: String
    /// The highest number that was sent, and the highest that was acknowledged. Numbers only rise.
    var sent = 0
    var stored = 0
    var writesUnderWay = 0
    var readsUnderWay = 0
  }

  private let region: SimulatedRegion
  private var registers: [Register]
  private var isRunning = false
  private var violations: [Violation] = []

  private static let lookInterval = Span.milliseconds(4)
  private static let writesUnderWayMax = 4
  private static let readsUnderWayMax = 32

  init(_ region: SimulatedRegion) {
    self.region = region
    registers = region.keyOfEachShard("rival").map { Register(shard: $0.shard, key: $0.key) }
  }

  func begin() {
    isRunning = true
    look()
  }

  func stop() { isRunning = false }

  func judge() -> [Violation] { violations }

  private func look() {
    guard isRunning else { return }
    region.cluster.schedule(after: Self.lookInterval) { [self] in look() }
    for place in registers.indices {
      let shard = registers[place].shard
      let leaders = region.cluster.leaders(of: shard)
      if leaders.count > 1 { ask(leaders, place) }
    }
  }

  private func ask(_ leaders: [NodeID], _ place: Int) {
    let terms = leaders.map { region.cluster.term(of: $0, registers[place].shard) }
    guard let newest = terms.max() else { return }
    for (leader, term) in zip(leaders, terms) {
      if term == newest { write(at: leader, leaders, place) } else { read(at: leader, place) }
    }
  }

  private func write(at leader: NodeID, _ leaders: [NodeID], _ place: Int) {
    guard registers[place].writesUnderWay < Self.writesUnderWayMax else { return }
    registers[place].sent += 1
    registers[place].writesUnderWay += 1
    let register = registers[place]
    let write = ItemWrite(
      key: region.table.row(register.key),
      action: .put(SimulatedTable.item(register.key, register.sent, bodyBytes: 0)),
      condition: SimulatedTable.isBelow(register.sent))
    region.cluster.visit(leader, register.shard, .write(write)) { [self] answer in
      registers[place].writesUnderWay -= 1
      guard case .written = answer else { return }
      registers[place].stored = max(registers[place].stored, register.sent)
      // In a turn of its own.
      region.cluster.schedule(after: Span(nanoseconds: 1)) { [self] in
        for other in leaders where other != leader { read(at: other, place) }
      }
    } lost: { [self] in
      registers[place].writesUnderWay -= 1
    }
  }

  private func read(at leader: NodeID, _ place: Int) {
    guard registers[place].readsUnderWay < Self.readsUnderWayMax else { return }
    registers[place].readsUnderWay += 1
    let register = registers[place]
    region.cluster.visit(leader, register.shard, .get(region.table.row(register.key), consistent: true)) {
      [self] answer in
      registers[place].readsUnderWay -= 1
      if case .item(let item) = answer { look(at: item, by: leader, place, since: register.stored) }
    } lost: { [self] in
      registers[place].readsUnderWay -= 1
    }
  }

  private func look(at item: EncodedItem?, by leader: NodeID, _ place: Int, since stored: Int) {
    let register = registers[place]
    let found = (try? SimulatedTable.value(of: item)) ?? 0
    guard found < stored || found > register.sent else { return }
    let text =
      "\(Process.node(leader)) alone reads \(found) of shard \(register.shard.rawValue) after \(stored) was acknowledged"
    region.cluster.trace.note(region.cluster.now, "VIOLATION", text)
    violations.append(Violation(.linearizability, text))
  }
}
