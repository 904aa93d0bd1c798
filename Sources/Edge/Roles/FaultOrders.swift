import Edge
import Environment
import Items
import NIOCore
import Node
import System
import Transport

/// What becomes of one peer's links: `{"peer": "n2", "direction": "both", "cut": true, "delayMs": 0, "jitterMs": 0,
/// "lossPerMillion": 0}`; direction `sending`, `receiving` or `both`. All of a peer's members at zero heal it.
struct FaultOrder: Sendable {
  let peer: String
  let directions: [FaultTable.Direction]
  /// Nil: heal.
  let fault: LinkFault?

  private static let delayMsMax = 60_000

  init(_ json: JSONValue) throws {
    peer = json["peer"]?.text ?? ""
    guard !peer.isEmpty else { throw ProcessFailure("'peer' is missing: name the process to cut off.") }
    switch json["direction"]?.text ?? "both" {
    case "both": directions = [.sending, .receiving]
    case "sending": directions = [.sending]
    case "receiving": directions = [.receiving]
    default: throw ProcessFailure("'direction' is sending, receiving or both.")
    }
    let isCut = json["cut"]?.bool ?? false
    let delayMs = json["delayMs"]?.integer ?? 0
    let jitterMs = json["jitterMs"]?.integer ?? 0
    let loss = json["lossPerMillion"]?.integer ?? 0
    guard [delayMs, jitterMs].allSatisfy((0...Self.delayMsMax).contains), (0...1_000_000).contains(loss) else {
      throw ProcessFailure("'delayMs' and 'jitterMs' are 0 to \(Self.delayMsMax), 'lossPerMillion' 0 to 1000000.")
    }
    let isWhole = !isCut && delayMs == 0 && jitterMs == 0 && loss == 0
    fault =
      isWhole
      ? nil
      : LinkFault(
        lossPerMillion: UInt64(loss), delay: .milliseconds(UInt64(delayMs)), jitter: .milliseconds(UInt64(jitterMs)),
        isCut: isCut)
  }
}

/// The body of `POST /faults`, and what `--faults` takes at the start: one order, which adds to what is; or
/// `{"faults": [order, …], "clockOffsetMs": 500, "disk": {"full": true, "syncDelayMs": 100}}`, which replaces all of it:
/// without `clockOffsetMs` the wall clock is true again, without `disk` the disk is whole. `"pausedReplication":
/// [{"table": "T", "from": "us-east-1", "to": "eu-west-1"}, …]` beside `faults` says what nodes of `from` keep to
/// themselves; a table that is null means all. `{"healAll": true}` is the empty list; `clockOffsetMs` or `disk` without
/// orders concern the clock or the disk alone.
struct FaultOrders: Sendable {
  private let orders: [FaultOrder]
  private let replacesAll: Bool
  /// Nil: as it is.
  let clockOffsetMs: Int64?
  private let disk: DiskOrder?

  private let pauses: [(from: String, pause: ReplicationPause)]

  private static let clockOffsetMsMax = 365 * 86_400_000

  init(_ body: [UInt8]) throws {
    let json = try JSONValue(parsing: body)
    clockOffsetMs = try Self.clockOffsetMs(json)
    pauses = try (json["pausedReplication"]?.elements ?? []).map { pause in
      guard let from = pause["from"]?.text, let to = pause["to"]?.text else {
        throw ProcessFailure("'pausedReplication' names 'from' and 'to', two regions.")
      }
      return (from, ReplicationPause(table: pause["table"]?.text, region: to))
    }
    disk = try DiskOrder(json)
    if let list = json["faults"]?.elements {
      orders = try list.map { try FaultOrder($0) }
      replacesAll = true
    } else {
      replacesAll = json["healAll"]?.bool ?? false
      orders =
        replacesAll || ((clockOffsetMs != nil || disk != nil) && json["peer"] == nil) ? [] : [try FaultOrder(json)]
    }
  }

  private static func clockOffsetMs(_ json: JSONValue) throws -> Int64? {
    guard let value = json["clockOffsetMs"] else {
      return json["faults"] != nil || json["healAll"]?.bool == true ? 0 : nil
    }
    guard let offset = value.integer, abs(offset) <= clockOffsetMsMax else {
      throw ProcessFailure("'clockOffsetMs' is a whole number of at most \(clockOffsetMsMax) either way.")
    }
    return Int64(offset)
  }

  /// What a node of `region` does not send; nil where nothing is said of it.
  func pauses(from region: String) -> [ReplicationPause]? {
    replacesAll ? pauses.filter { $0.from == region }.map(\.pause) : nil
  }

  func apply(to clock: ClockOffset) {
    if let clockOffsetMs { clock.ms = clockOffsetMs }
  }

  func apply(to faults: DiskFaults) {
    guard let disk else { return }
    faults.isFull = disk.isFull
    faults.syncDelayMs = disk.syncDelayMs
  }

  func apply(to table: FaultTable) {
    guard replacesAll else {
      for order in orders {
        for direction in order.directions { table.set(order.fault, peer: order.peer, direction) }
      }
      return
    }
    var faults: [FaultTable.Way: LinkFault] = [:]
    for order in orders {
      for direction in order.directions { faults[FaultTable.Way(peer: order.peer, direction)] = order.fault }
    }
    table.replaceAll(faults)
  }
}

/// What becomes of the disk.
private struct DiskOrder: Sendable {
  var isFull = false
  var syncDelayMs = 0

  private static let syncDelayMsMax = 60_000

  /// Nil where it stays as it is.
  init?(_ body: JSONValue) throws {
    guard let json = body["disk"] else {
      if body["faults"] == nil, body["healAll"]?.bool != true { return nil }
      return
    }
    isFull = json["full"]?.bool ?? false
    syncDelayMs = json["syncDelayMs"]?.integer ?? 0
    guard (0...Self.syncDelayMsMax).contains(syncDelayMs) else {
      throw ProcessFailure("'syncDelayMs' is 0 to \(Self.syncDelayMsMax).")
    }
  }
}

/// The fault tables of all loops of a process that was started with `--enable-faults`, its clock and its disk.
struct ProcessFaults: Sendable {
  let disk = DiskFaults()
  let clockOffset = ClockOffset()
  private var tables: [NIOLoopBound<FaultTable>] = []
  /// In force before the first link.
  let initial: FaultOrders?

  /// - Parameter initial: in force before the first link; the body of a `POST /faults`.
  init(initial: String?) throws {
    do {
      self.initial = try initial.map { try FaultOrders(Array($0.utf8)) }
    } catch {
      throw ProcessFailure("--faults: \(error)")
    }
    self.initial?.apply(to: clockOffset)
    self.initial?.apply(to: disk)
  }

  /// Makes the table of one loop. On that loop.
  mutating func makeTable(on loop: any EventLoop) -> FaultTable {
    let table = FaultTable(seed: UInt64.random(in: .min ... .max))
    initial?.apply(to: table)
    tables.append(NIOLoopBound(table, eventLoop: loop))
    return table
  }

  /// `POST /faults`; answered when every loop obeys.
  ///
  /// - Parameter last: called after that, on the loop of the last table.
  func route(last: @escaping @Sendable (FaultOrders) -> Void = { _ in }) -> AdminServer.Route {
    AdminServer.Route(.post, "/faults") { [tables, clockOffset, disk] body, completion in
      do {
        let orders = try FaultOrders(body)
        orders.apply(to: clockOffset)
        orders.apply(to: disk)
        Self.apply(orders, to: tables[...]) {
          last(orders)
          completion(.text("done\n"))
        }
      } catch {
        completion(.text("\(error)\n", status: 400))
      }
    }
  }

  /// One loop after the other.
  private static func apply(
    _ orders: FaultOrders, to tables: ArraySlice<NIOLoopBound<FaultTable>>, completion: @escaping @Sendable () -> Void
  ) {
    guard let first = tables.first else { return completion() }
    first.eventLoop.execute {
      orders.apply(to: first.value)
      apply(orders, to: tables.dropFirst(), completion: completion)
    }
  }
}
