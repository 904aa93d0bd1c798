import Edge
import Environment
import Items
import NIOCore
import Transport

/// `POST /faults`: cuts, slows and thins this process's links to a peer, where the process was started for it.
///
/// Body: `{"peer": "n2", "direction": "both", "cut": true, "delayMs": 0, "lossPerMillion": 0}`; direction `sending`,
/// `receiving` or `both`. All of a peer's members at zero heal it; `{"healAll": true}` heals every link.
struct FaultOrder {
  private var peer: String
  private var directions: [FaultTable.Direction]
  private var fault: LinkFault?
  private var healsAll = false

  private static let delayMsMax = 60_000

  init(_ body: [UInt8]) throws {
    let json = try JSONValue(parsing: body)
    healsAll = json["healAll"]?.bool ?? false
    peer = json["peer"]?.text ?? ""
    guard healsAll || !peer.isEmpty else { throw ProcessFailure("'peer' is missing: name the process to cut off.") }
    switch json["direction"]?.text ?? "both" {
    case "both": directions = [.sending, .receiving]
    case "sending": directions = [.sending]
    case "receiving": directions = [.receiving]
    default: throw ProcessFailure("'direction' is sending, receiving or both.")
    }
    let isCut = json["cut"]?.bool ?? false
    let delayMs = json["delayMs"]?.integer ?? 0
    let loss = json["lossPerMillion"]?.integer ?? 0
    guard (0...Self.delayMsMax).contains(delayMs), (0...1_000_000).contains(loss) else {
      throw ProcessFailure("'delayMs' is 0 to \(Self.delayMsMax), 'lossPerMillion' 0 to 1000000.")
    }
    guard isCut || delayMs > 0 || loss > 0 else { return }
    fault = LinkFault(lossPerMillion: UInt64(loss), delay: .milliseconds(UInt64(delayMs)), isCut: isCut)
  }

  func apply(to table: FaultTable) {
    if healsAll { return table.healAll() }
    for direction in directions { table.set(fault, peer: peer, direction) }
  }

  static func route(_ table: NIOLoopBound<FaultTable>, loop: any EventLoop) -> AdminServer.Route {
    AdminServer.Route(.post, "/faults") { body, completion in
      do {
        let order = try FaultOrder(body)
        loop.execute {
          order.apply(to: table.value)
          completion(.text("done\n"))
        }
      } catch {
        completion(.text("\(error)\n", status: 400))
      }
    }
  }
}
