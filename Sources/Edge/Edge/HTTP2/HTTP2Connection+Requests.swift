internal import CNGHTTP2
internal import Environment
internal import NIOCore
internal import NIOHTTP1
internal import Telemetry

extension HTTP2Connection {
  // MARK: What arrives, in the library's callbacks

  func headersBegin(_ id: Int32) {
    guard streams[id] == nil else { return }
    headSince = loop.clock.now
    streams[id] = HTTP2Stream(since: loop.clock.now)
  }

  func header(_ id: Int32, _ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
    guard streams[id]?.state == .receiving else { return }
    streams[id]?.add(
      String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self), loop.limits)
  }

  func headersEnd(_ id: Int32, endsStream: Bool) {
    headSince = nil
    guard let stream = streams[id], stream.state == .receiving else { return }
    let head = stream.head
    if let answer = refusal(of: stream, head) ?? overload(head) ?? loop.cors.preflight(head) {
      streams[id]?.state = .asked
      return submit(id, answer, head)
    }
    if endsStream { ask(id) }
  }

  func data(_ id: Int32, _ bytes: UnsafeRawBufferPointer) {
    guard streams[id]?.state == .receiving else { return }
    streams[id]?.body.writeBytes(bytes)
    streams[id]?.bodyBytes += bytes.count
    loop.load.add(bodyBytes: bytes.count)
    guard let stream = streams[id] else { return }
    let limits = loop.limits
    if stream.bodyBytes > limits.bodyBytesMax {
      answerEarly(id, responder.tooLargeAnswer())
    } else if loop.load.bodyBytesInFlight > limits.bodyBytesInFlightMax {
      loop.metrics.overloaded.add()
      answerEarly(id, responder.overloadAnswer(to: stream.head))
    }
  }

  func bodyEnd(_ id: Int32) {
    guard streams[id]?.state == .receiving else { return }
    ask(id)
  }

  func streamClosed(_ id: Int32) {
    guard let stream = streams.removeValue(forKey: id) else { return }
    loop.load.remove(bodyBytes: stream.bodyBytes)
  }

  private func refusal(of stream: HTTP2Stream, _ head: HTTPRequestHead) -> HTTPAnswer? {
    guard stream.isWithin(loop.limits) else { return HTTPAnswer(status: 400, text: "The header block is too long.\n") }
    let hosts = head.headers[canonicalForm: "host"]
    guard hosts.count == 1 else { return HTTPAnswer(status: 400, text: "A request has exactly one authority.\n") }
    guard loop.hosts.allows(String(hosts[0]), local: context?.localAddress?.ipAddress) else {
      return HTTPAnswer(status: 403, text: "This host name is not served here; list it among the allowed hosts.\n")
    }
    let length = head.headers.first(name: "content-length").flatMap { Int($0) }
    return length ?? 0 > loop.limits.bodyBytesMax ? responder.tooLargeAnswer() : nil
  }

  private func overload(_ head: HTTPRequestHead) -> HTTPAnswer? {
    guard
      loop.load.requestsInFlight > loop.limits.inFlightPerProcessMax
        || loop.load.bodyBytesInFlight > loop.limits.bodyBytesInFlightMax
    else { return nil }
    loop.metrics.overloaded.add()
    return responder.overloadAnswer(to: head)
  }

  private func answerEarly(_ id: Int32, _ answer: HTTPAnswer) {
    guard let head = streams[id]?.head else { return }
    streams[id]?.state = .asked
    streams[id]?.body = ByteBuffer()
    submit(id, answer, head)
  }

  /// The responder may answer at once.
  private func ask(_ id: Int32) {
    guard var stream = streams[id] else { return }
    stream.state = .asked
    let request = HTTPRequest(head: stream.head, body: stream.body, receivedAt: loop.clock.now)
    stream.body = ByteBuffer()
    streams[id] = stream
    askedCount += 1
    loop.load.addRequest()
    responder.respond(to: request, reply: HTTPReply(connection: self, stream: id))
  }

  // MARK: Answers

  /// Ignored once the client has given the request up.
  func answer(_ id: Int32, with answer: HTTPAnswer) {
    askedCount -= 1
    loop.load.removeRequest()
    guard let stream = streams[id], stream.state == .asked else { return }
    submit(id, answer, stream.head)
  }

  private func submit(_ id: Int32, _ answer: HTTPAnswer, _ head: HTTPRequestHead) {
    guard let session, context != nil, var stream = streams[id] else { return }
    var answer = answer
    answer.pack(head.headers.first(name: "accept-encoding").flatMap(ContentCoding.preferred))
    let fields = fields(of: answer, head)
    loop.load.remove(bodyBytes: stream.bodyBytes)
    stream.bodyBytes = 0
    stream.state = .answered
    stream.answer = head.method == .HEAD ? [] : answer.body
    streams[id] = stream
    var provider = HTTP2Session.body
    let code = HTTP2Session.lend(fields) { pairs, count in
      stream.answer.isEmpty
        ? nghttp2_submit_response(session, id, pairs, count, nil)
        : nghttp2_submit_response(session, id, pairs, count, &provider)
    }
    HTTP2Session.check(code, "submit an answer")
    scheduleFlush()
  }

  private func fields(of answer: HTTPAnswer, _ head: HTTPRequestHead) -> [(name: String, value: String)] {
    var fields: [(name: String, value: String)] = [
      (":status", "\(answer.status)"), ("server", "Gantry"),
      ("date", String(decoding: loop.dateBytes(), as: UTF8.self)), ("content-type", answer.contentType),
      ("content-length", "\(answer.body.count)"),
    ]
    if answer.style == .amazon {
      fields.append(("x-amzn-requestid", String(decoding: loop.requestID(), as: UTF8.self)))
      fields.append(("x-amz-crc32", "\(AnswerEncoder.crc32(answer.body))"))
    }
    fields += answer.headers
    if !loop.cors.isOff { fields += loop.cors.headers(for: head) }
    return fields
  }

  func takeBody(_ id: Int32, into room: UnsafeMutableRawBufferPointer) -> (count: Int, isAtEnd: Bool) {
    guard let stream = streams[id] else { return (0, true) }
    let count = min(room.count, stream.answer.count - stream.answerSent)
    stream.answer.withUnsafeBytes { bytes in
      room.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[stream.answerSent..<stream.answerSent + count]))
    }
    streams[id]?.answerSent += count
    return (count, stream.answerSent + count == stream.answer.count)
  }
}
