import Glibc
import Testing

/// A blocking TCP client that sends exactly what it is told.
final class RawClient {
  private let descriptor: Int32
  private var buffer: [UInt8] = []

  init(port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    try #require(descriptor >= 0)
    var one: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
    // A test that waits for bytes that never come fails instead of hanging.
    var patience = timeval(tv_sec: 120, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let descriptor = descriptor
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(result == 0)
  }

  deinit { close(descriptor) }

  /// Returns the number of bytes sent.
  @discardableResult func send(_ text: String) -> Int {
    let bytes = Array(text.utf8)
    let sent = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    #expect(sent == bytes.count)
    return sent
  }

  func send(bytes: [UInt8]) {
    let sent = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    #expect(sent == bytes.count)
  }

  /// Fewer where the connection ends before.
  func read(exactly count: Int) -> [UInt8] {
    while buffer.count < count, fill() {}
    let taken = Array(buffer.prefix(count))
    buffer.removeFirst(taken.count)
    return taken
  }

  func closeWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

  private func fill() -> Bool {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &chunk, chunk.count, 0)
    guard count > 0 else { return false }
    buffer += chunk[..<count]
    return true
  }

  func readToEnd() -> String {
    while fill() {}
    defer { buffer = [] }
    return String(decoding: buffer, as: UTF8.self)
  }

  /// Everything up to the end of the first `mark`.
  func read(upTo mark: String) -> String {
    while true {
      let text = String(decoding: buffer, as: UTF8.self)
      if let end = text.utf8.firstRange(of: mark.utf8)?.upperBound {
        let taken = String(text[..<end])
        buffer.removeFirst(taken.utf8.count)
        return taken
      }
      guard fill() else { return text }
    }
  }

  /// One answer by its content length.
  func readAnswer() -> String {
    let head = read(upTo: "\r\n\r\n")
    let length = head.components(of: "content-length: ").dropFirst().first.flatMap { rest in
      Int(String(decoding: rest.utf8.prefix { $0 != 13 }, as: UTF8.self))
    }
    while buffer.count < length ?? 0, fill() {}
    let body = buffer.prefix(length ?? 0)
    buffer.removeFirst(body.count)
    return head + String(decoding: body, as: UTF8.self)
  }
}

extension String {
  /// Split at every occurrence of `mark`, by bytes: a CR and LF are one character to `String`.
  func components(of mark: String) -> [String] {
    var parts: [String] = []
    var rest = Array(utf8)[...]
    let mark = Array(mark.utf8)
    while let range = rest.firstRange(of: mark) {
      parts.append(String(decoding: rest[..<range.lowerBound], as: UTF8.self))
      rest = rest[range.upperBound...]
    }
    parts.append(String(decoding: rest, as: UTF8.self))
    return parts
  }
}
