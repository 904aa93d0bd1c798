internal import Environment
internal import NIOCore
internal import NIOHTTP1
internal import Telemetry

extension HTTPConnection {
  func receive(_ head: HTTPRequestHead) {
    guard case .head = receiving else { return }
    headSince = nil
    undecodedBytes = 0
    let sequence = openSlot(for: head)
    if let refusal = refusal(of: head) {
      loop.metrics.malformedRequests.add()
      receiving = .finished
      leavesInputUnread = true
      return answer(sequence, with: refusal)
    }
    if let answerNow = overload(head) ?? loop.cors.preflight(head) {
      receiving = .skippedBody
      bodySince = loop.clock.now
      return answer(sequence, with: answerNow)
    }
    bodySince = loop.clock.now
    receiving = .body(PartialRequest(head: head, body: nil, sequence: sequence))
    if head.headers.contains(name: "expect") { answerExpectation(sequence) }
  }

  /// Every request opens a slot, whatever becomes of it, so that its answer keeps its place.
  private func openSlot(for head: HTTPRequestHead) -> UInt64 {
    var options = AnswerEncoder()
    options.omitsBody = head.method == .HEAD
    // The decoder stops after a request that asks for another protocol.
    options.closes = !head.isKeepAlive || head.headers.contains(name: "upgrade") || head.method == .CONNECT
    options.announcesKeepAlive = head.version.minor == 0 && head.version.major == 1
    options.coding = head.headers.first(name: "accept-encoding").flatMap(ContentCoding.preferred)
    if !loop.cors.isOff { options.headers = loop.cors.headers(for: head) }
    slots.append(Slot(options: options, bodyBytes: 0))
    loop.load.addRequest()
    return firstSequence + UInt64(slots.count - 1)
  }

  /// The answer to a request that ends the connection, or nil.
  private func refusal(of head: HTTPRequestHead) -> HTTPAnswer? {
    guard head.version.major == 1, head.version.minor <= 1 else {
      return HTTPAnswer(status: 400, text: "Only HTTP/1.0 and HTTP/1.1 are served here.\n")
    }
    guard head.uri.utf8.count <= loop.limits.headerBlockBytesMax else {
      return HTTPAnswer(status: 400, text: "The request line is too long.\n")
    }
    let hosts = head.headers[canonicalForm: "host"]
    guard hosts.count == 1 || (hosts.isEmpty && head.version.minor == 0) else {
      return HTTPAnswer(status: 400, text: "A request has exactly one Host header.\n")
    }
    if let host = hosts.first, !loop.hosts.allows(String(host), local: localAddress) {
      return HTTPAnswer(status: 403, text: "This host name is not served here; list it among the allowed hosts.\n")
    }
    if let expectation = head.headers.first(name: "expect"), expectation.lowercased() != "100-continue" {
      return HTTPAnswer(status: 417, text: "Only 100-continue can be expected.\n")
    }
    if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }), length > loop.limits.bodyBytesMax {
      return responder.tooLargeAnswer()
    }
    return nil
  }

  private func overload(_ head: HTTPRequestHead) -> HTTPAnswer? {
    let limits = loop.limits
    guard
      slots.count > limits.queuedPerConnectionMax || loop.load.requestsInFlight > limits.inFlightPerProcessMax
        || loop.load.bodyBytesInFlight > limits.bodyBytesInFlightMax
    else { return nil }
    loop.metrics.overloaded.add()
    return responder.overloadAnswer(to: head)
  }

  private func answerExpectation(_ sequence: UInt64) {
    slots[offset: Int(sequence - firstSequence)].wantsContinue = true
    writeReadyAnswers()
    flushNow()
  }

  func receive(_ bytes: ByteBuffer) {
    guard case .body(var partial) = receiving else { return }
    // Owned by `partial` alone while it grows, so that appending does not copy what is there.
    receiving = .skippedBody
    let total = (partial.body?.readableBytes ?? 0) + bytes.readableBytes
    guard total <= loop.limits.bodyBytesMax else {
      receiving = .finished
      leavesInputUnread = true
      return answer(partial.sequence, with: closing(responder.tooLargeAnswer()))
    }
    guard loop.load.bodyBytesInFlight <= loop.limits.bodyBytesInFlightMax else {
      loop.metrics.overloaded.add()
      return answer(partial.sequence, with: responder.overloadAnswer(to: partial.head))
    }
    loop.load.add(bodyBytes: bytes.readableBytes)
    slots[offset: Int(partial.sequence - firstSequence)].bodyBytes += bytes.readableBytes
    append(bytes, to: &partial)
    receiving = .body(partial)
  }

  /// The first piece is kept as it was read; only a body of several reads is copied together.
  private func append(_ bytes: ByteBuffer, to partial: inout PartialRequest) {
    guard var body = partial.body else {
      partial.body = bytes
      return
    }
    partial.body = nil
    if body.writableBytes < bytes.readableBytes {
      let announced = partial.head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
      body.reserveCapacity(max(min(announced, loop.limits.bodyBytesMax), 2 * body.readableBytes))
    }
    body.writeImmutableBuffer(bytes)
    partial.body = body
  }

  func receiveEnd() {
    bodySince = nil
    switch receiving {
    case .head, .finished: return
    case .skippedBody: receiving = nextState()
    case .body(let partial):
      receiving = nextState()
      let request = HTTPRequest(
        head: partial.head, body: partial.body ?? ByteBuffer(), receivedAt: loop.clock.now)
      responder.respond(to: request, reply: HTTPReply(connection: self, sequence: partial.sequence))
    }
  }

  /// After a request that ends the connection nothing more is taken.
  private func nextState() -> Receiving {
    if context == nil || loop.isShuttingDown { return .finished }
    return slots.last?.options.closes == true || isDraining ? .finished : .head
  }

  func closing(_ answer: HTTPAnswer) -> HTTPAnswer {
    var answer = answer
    answer.closes = true
    return answer
  }

  /// Answers what could not be read as a request, after all requests before it, and closes.
  func refuseInput(_ answer: HTTPAnswer) {
    guard context != nil else { return }
    loop.metrics.malformedRequests.add()
    leavesInputUnread = true
    switch receiving {
    case .finished: return
    case .body(let partial):
      receiving = .finished
      self.answer(partial.sequence, with: closing(answer))
    case .skippedBody:
      finishAndClose()
    case .head:
      receiving = .finished
      slots.append(Slot(options: AnswerEncoder(), bodyBytes: 0))
      loop.load.addRequest()
      self.answer(firstSequence + UInt64(slots.count - 1), with: closing(answer))
    }
    bodySince = nil
    headSince = nil
    flushNow()
  }

  /// Bytes go to the decoder now. Those that do not complete a header block count against its bound.
  func willDecode(_ count: Int) {
    loop.metrics.bytesReceived.add(UInt64(count))
    guard case .head = receiving else { return }
    if headSince == nil { headSince = loop.clock.now }
    undecodedBytes += count
  }

  /// Bytes have come that may be the beginning of a request or of another protocol.
  func headBegins() {
    if headSince == nil { headSince = loop.clock.now }
  }

  func didDecode() {
    guard case .head = receiving else { return }
    // The decoder bounds header fields; this bounds a request line without end.
    guard undecodedBytes > 2 * loop.limits.headerBlockBytesMax else { return }
    refuseInput(HTTPAnswer(status: 400, text: "The header block is too long.\n"))
  }
}
