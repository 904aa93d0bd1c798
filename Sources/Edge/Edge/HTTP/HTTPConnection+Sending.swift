internal import Environment
internal import NIOCore
internal import NIOHTTP1
internal import Telemetry

extension HTTPConnection {
  /// Fills a request's slot and writes every answer whose turn has come. Ignored once the connection is gone.
  func answer(_ sequence: UInt64, with answer: HTTPAnswer) {
    guard let context, sequence >= firstSequence else { return }
    let position = Int(sequence - firstSequence)
    guard position < slots.count, slots[offset: position].answer == nil else {
      fatalError("A request was answered twice.")
    }
    release(slots[offset: position])
    var options = slots[offset: position].options
    if answer.closes || closesAfterRefusal(position) { options.closes = true }
    slots[offset: position].options.closes = options.closes
    slots[offset: position].bodyBytes = 0
    var answer = answer
    answer.pack(options.coding)
    var buffer = context.channel.allocator.buffer(capacity: answer.body.count + 320)
    options.encode(answer, date: loop.dateBytes(), requestID: loop.requestID, into: &buffer)
    slots[offset: position].answer = buffer
    slots[offset: position].wantsContinue = false
    writeReadyAnswers()
  }

  /// The last slot when no further request is taken is the one that ends the connection.
  private func closesAfterRefusal(_ position: Int) -> Bool {
    guard position == slots.count - 1, case .finished = receiving else { return false }
    return true
  }

  func writeReadyAnswers() {
    guard let context else { return }
    while let slot = slots.first, !isDraining {
      guard let buffer = slot.answer else {
        if slot.wantsContinue { writeContinue(context) }
        break
      }
      slots.removeFirst()
      firstSequence += 1
      loop.metrics.bytesSent.add(UInt64(buffer.readableBytes))
      if slot.options.closes {
        writeLast(buffer, context)
      } else {
        context.write(wrapOutboundOut(buffer), promise: nil)
        scheduleFlush()
      }
    }
    if slots.isEmpty { becomeIdle() }
    resumeReading()
  }

  private func becomeIdle() {
    idleSince = loop.clock.now
    if case .finished = receiving, !isDraining { startDraining() }
  }

  private func writeContinue(_ context: ChannelHandlerContext) {
    slots[offset: 0].wantsContinue = false
    let line = context.channel.allocator.buffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n")
    context.write(wrapOutboundOut(line), promise: nil)
    scheduleFlush()
  }

  private func writeLast(_ buffer: ByteBuffer, _ context: ChannelHandlerContext) {
    context.write(wrapOutboundOut(buffer), promise: nil)
    receiving = .finished
    startDraining()
  }

  /// Closes once everything is written.
  private func startDraining() {
    guard let context, !isDraining else { return }
    isDraining = true
    for slot in slots { release(slot) }
    slots.removeAll()
    bodySince = nil
    headSince = nil
    needsFlush = false
    let written = loop.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { [self] _ in closeAfterWriting() }
    // Completes after every write before it.
    context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(capacity: 0)), promise: written)
    resumeReading()
  }

  /// Where the client may still be sending, only the write side is closed, and the input is read and dropped for a
  /// while.
  private func closeAfterWriting() {
    guard let context else { return }
    if leavesInputUnread {
      drainingSince = loop.clock.now
      context.close(mode: .output, promise: nil)
    } else {
      context.close(promise: nil)
    }
  }

  private func scheduleFlush() {
    guard !needsFlush else { return }
    needsFlush = true
    loop.flushLater(self)
  }

  func flushNow() {
    guard needsFlush, let context else { return }
    needsFlush = false
    context.flush()
  }

  /// True while the client has enough under way, or does not read its answers.
  var mustHoldReads: Bool {
    guard !isDraining, let context else { return false }
    return slots.count >= loop.limits.inFlightPerConnectionMax || !context.channel.isWritable
  }

  func resumeReading() {
    guard readIsHeld, !mustHoldReads, let context else { return }
    readIsHeld = false
    context.read()
  }
}
