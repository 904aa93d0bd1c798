internal import NIOCore
internal import Telemetry

/// The way out: what is queued in a turn leaves in one write at its end.
extension LinkHandler {
  /// Queues a frame of a link that is up.
  func enqueue(_ frame: [UInt8]) {
    exchange.send(frame)
    metrics?.framesSent.add()
    metrics?.bytesSent.add(UInt64(frame.count))
    scheduleFlush()
  }

  func scheduleFlush() {
    guard !flushIsScheduled else { return }
    flushIsScheduled = true
    loop.assumeIsolated().execute { [self] in
      flushIsScheduled = false
      pump()
    }
  }

  /// Hands the socket what it takes. A cut peer's output is held back: its frames have vanished before.
  func pump() {
    guard let context, !isPumping, exchange.wantsWrite, !isCut(.sending) else { return }
    if case .down = phase { return }
    isPumping = true
    defer { isPumping = false }
    do throws(ExchangeFault) {
      var wrote = false
      repeat {
        wrote = false
        while context.channel.isWritable,
          let bytes = try exchange.produce(bytesMax: TransportLimits.writeBytesMax)
        {
          context.write(wrapOutboundOut(bytes), promise: nil)
          wrote = true
        }
        if wrote { context.flush() }
      } while wrote && exchange.queuedBytes > 0
    } catch {
      finish(.malformed(error.reason))
    }
    reportDrained()
  }

  private func reportDrained() {
    guard case .up(let link, _) = phase, link.takeDrained() else { return }
    loop.assumeIsolated().execute { [self] in
      if case .up(let link, let delegate) = phase { delegate.linkWritable(link) }
    }
  }
}
