internal import NIOCore

/// Finds HTTP/1.1 responses in what a connection receives, in pieces of any size. Bounded: see ``LoadLimits``.
///
/// For a client with one request under way: bytes behind a response belong to nothing that was asked, so the connection
/// is not used any further.
struct ResponseParser {
  struct Response: Equatable {
    var status: Int
    var body: ByteBuffer
    /// Whether the connection may take another request.
    var keepsAlive: Bool
  }

  enum Progress: Equatable {
    case incomplete
    case complete(Response)
    /// The connection is of no more use.
    case malformed(String)
  }

  private enum State {
    /// - scanned: bytes known not to end the head.
    case head(scanned: Int)
    case body(ResponseHead)
    case chunks(ResponseHead, ChunkedBody)
  }

  private var state = State.head(scanned: 0)
  /// Received and not understood yet.
  private var input = ByteBuffer()

  /// Whether nothing has come of a next response.
  var isAtStart: Bool {
    if case .head = state { input.readableBytes == 0 } else { false }
  }

  mutating func receive(_ bytes: ByteBuffer) -> Progress {
    if input.readableBytes == 0 {
      // The usual case: a whole response in one read, which is not copied.
      input = bytes
    } else {
      input.writeImmutableBuffer(bytes)
    }
    return advance()
  }

  /// The server has closed. A body that only this ends is whole now.
  mutating func finish() -> Progress {
    guard case .body(let head) = state, head.framing == .untilClose else {
      return isAtStart ? .incomplete : .malformed("the connection closed within an answer")
    }
    return complete(head, input)
  }

  private mutating func advance() -> Progress {
    while true {
      switch state {
      case .head(let scanned):
        guard let end = endOfHead(from: scanned) else {
          state = .head(scanned: max(0, input.readableBytes - 3))
          return input.readableBytes > LoadLimits.responseHeadBytesMax
            ? .malformed("the head is too long") : .incomplete
        }
        guard end <= LoadLimits.responseHeadBytesMax else { return .malformed("the head is too long") }
        let parsed = input.withUnsafeReadableBytes {
          ResponseHead(lines: UnsafeRawBufferPointer(rebasing: $0[..<(end - 2)]))
        }
        guard let head = parsed else { return .malformed("the head is not HTTP/1.1") }
        input.moveReaderIndex(forwardBy: end)
        enter(head)
      case .body(let head): return readBody(head)
      case .chunks(let head, var chunks):
        let progress = chunks.read(&input)
        state = .chunks(head, chunks)
        switch progress {
        case .incomplete: return .incomplete
        case .complete: return complete(head, chunks.body)
        case .malformed: return .malformed("the chunks of the body are not as HTTP/1.1 has them")
        }
      }
    }
  }

  private mutating func enter(_ head: ResponseHead) {
    if head.isInterim {
      state = .head(scanned: 0)
    } else if head.framing == .chunked {
      state = .chunks(head, ChunkedBody())
    } else {
      state = .body(head)
    }
  }

  private mutating func readBody(_ head: ResponseHead) -> Progress {
    guard case .length(let length) = head.framing else {
      return input.readableBytes > LoadLimits.responseBodyBytesMax ? .malformed("the body is too long") : .incomplete
    }
    guard length <= LoadLimits.responseBodyBytesMax else { return .malformed("the body is too long") }
    guard let body = input.readSlice(length: length) else { return .incomplete }
    return complete(head, body)
  }

  private mutating func complete(_ head: ResponseHead, _ body: ByteBuffer) -> Progress {
    let isClean = head.framing == .untilClose || input.readableBytes == 0
    state = .head(scanned: 0)
    input = ByteBuffer()
    return .complete(Response(status: head.status, body: body, keepsAlive: head.keepsAlive && isClean))
  }

  /// The number of bytes up to and with the empty line.
  private func endOfHead(from scanned: Int) -> Int? {
    input.withUnsafeReadableBytes { bytes in
      var place = scanned
      while place + 3 < bytes.count {
        // The bytes of an end are CR LF CR LF: whatever else stands at its last place says how far to go.
        switch bytes[place + 3] {
        case 0x0A:
          if bytes[place + 2] == 0x0D && bytes[place + 1] == 0x0A && bytes[place] == 0x0D { return place + 4 }
          place += 2
        case 0x0D: place += 1
        default: place += 4
        }
      }
      return nil
    }
  }
}
