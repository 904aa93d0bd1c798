internal import Environment

/// Puts the faults of one peer between a link and its wire.
final class FaultGate {
  private let table: FaultTable
  private unowned let link: Link
  private let peer: String
  private let sending: DelayLine
  private let receiving: DelayLine

  init(table: FaultTable, link: Link) {
    self.table = table
    self.link = link
    peer = FaultTable.peer(of: link.peer.process)
    sending = DelayLine(loop: link.loop) { [unowned link] in link.enqueue($0) }
    receiving = DelayLine(loop: link.loop) { [unowned link] in link.deliverLate($0) }
  }

  func send(_ frame: [UInt8]) {
    guard let delay = delay(.sending) else { return }
    if delay == .zero, sending.isEmpty { link.enqueue(frame) } else { sending.push(frame, delay: delay) }
  }

  func arrive(_ frame: [UInt8]) {
    guard let delay = delay(.receiving) else { return }
    if delay == .zero, receiving.isEmpty { link.deliverNow(frame) } else { receiving.push(frame, delay: delay) }
  }

  func cancel() {
    sending.cancel()
    receiving.cancel()
  }

  /// Nil where the frame is lost.
  private func delay(_ direction: FaultTable.Direction) -> Span? {
    switch table.verdict(peer, direction) {
    case .pass: .zero
    case .lose: nil
    case .delay(let span): span
    }
  }
}
