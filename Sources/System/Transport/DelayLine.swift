internal import Environment
internal import NIOCore

/// Frames on their way through an imagined slow wire, in order. Confined to its loop.
final class DelayLine {
  private let loop: any EventLoop
  private let arrive: ([UInt8]) -> Void
  private var frames = CircularBuffer<(due: NIODeadline, frame: [UInt8])>()
  private var timer: Scheduled<Void>?

  init(loop: any EventLoop, arrive: @escaping ([UInt8]) -> Void) {
    self.loop = loop
    self.arrive = arrive
  }

  /// Frames behind others wait for those, whatever their own delay.
  var isEmpty: Bool { frames.isEmpty }

  func push(_ frame: [UInt8], delay: Span) {
    let due = NIODeadline.now() + delay.amount
    frames.append((max(due, frames.last?.due ?? due), frame))
    if timer == nil { arm(due) }
  }

  func cancel() {
    timer?.cancel()
    timer = nil
    frames.removeAll()
  }

  private func arm(_ due: NIODeadline) {
    timer = loop.assumeIsolated().scheduleTask(deadline: due) { [weak self] in self?.release() }
  }

  private func release() {
    timer = nil
    let now = NIODeadline.now()
    while let first = frames.first, first.due <= now {
      frames.removeFirst()
      arrive(first.frame)
    }
    // What arrived may have ended the link and emptied the line, or pushed anew.
    if timer == nil, let first = frames.first { arm(first.due) }
  }
}

extension Span {
  var amount: TimeAmount { .nanoseconds(Int64(clamping: nanoseconds)) }
}
