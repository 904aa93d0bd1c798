/// The lines of an HTTP/1.1 response that matter to a client which sends one request at a time.
struct ResponseHead: Equatable {
  enum Framing: Equatable {
    case length(Int)
    case chunked
    /// The body is what comes until the server closes.
    case untilClose
  }

  var status: Int
  var framing: Framing
  var keepsAlive: Bool

  /// Of an interim response (1xx): another one follows.
  var isInterim: Bool { (100..<200).contains(status) }

  /// Reads the head's lines, each with its end, without the empty one; nil where they are no such thing.
  init?(lines: UnsafeRawBufferPointer) {
    var rest = HeadLines(lines)
    guard let first = rest.next(), let line = StatusLine(first) else { return nil }
    status = line.status
    keepsAlive = line.isOneOne
    var length: Int?
    var isChunked = false
    while let line = rest.next() {
      guard let field = Field(line) else { return nil }
      switch field.name.count {
      case 10 where field.isNamed("connection"):
        if field.hasToken("close") { keepsAlive = false } else if field.hasToken("keep-alive") { keepsAlive = true }
      case 14 where field.isNamed("content-length"):
        guard let value = field.number, length == nil || length == value else { return nil }
        length = value
      case 17 where field.isNamed("transfer-encoding"):
        guard field.isValue("chunked"), !isChunked else { return nil }
        isChunked = true
      default: break
      }
    }
    guard rest.isWhole, !(isChunked && length != nil) else { return nil }
    framing = isChunked ? .chunked : length.map { .length($0) } ?? .untilClose
    // These have no body, whatever their fields say (RFC 9112, 6.3).
    if isInterim || status == 204 || status == 304 { framing = .length(0) }
    if framing == .untilClose { keepsAlive = false }
  }
}

/// Goes through lines that end in CR LF.
private struct HeadLines {
  private var rest: UnsafeRawBufferPointer.SubSequence

  init(_ bytes: UnsafeRawBufferPointer) { rest = bytes[...] }

  /// Whether the last line had its end.
  var isWhole: Bool { rest.isEmpty }

  mutating func next() -> UnsafeRawBufferPointer? {
    guard let feed = rest.firstIndex(of: 0x0A), feed > rest.startIndex, rest[feed - 1] == 0x0D else { return nil }
    let line = UnsafeRawBufferPointer(rebasing: rest[rest.startIndex..<(feed - 1)])
    rest = rest[(feed + 1)...]
    return line
  }
}

/// `HTTP/1.1 200 OK`.
private struct StatusLine {
  var status: Int
  var isOneOne: Bool

  init?(_ line: UnsafeRawBufferPointer) {
    guard line.count >= 12, equalIgnoringCase(line[0..<7], "http/1."), line[8] == 0x20,
      line.count == 12 || line[12] == 0x20
    else { return nil }
    switch line[7] {
    case UInt8(ascii: "1"): isOneOne = true
    case UInt8(ascii: "0"): isOneOne = false
    default: return nil
    }
    guard let status = decimal(line[9..<12]), status >= 100 else { return nil }
    self.status = status
  }
}

private struct Field {
  var name: UnsafeRawBufferPointer.SubSequence
  /// Without the space around it.
  var value: UnsafeRawBufferPointer.SubSequence

  init?(_ line: UnsafeRawBufferPointer) {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return nil }
    name = line[..<colon]
    value = trimmed(line[(colon + 1)...])
  }

  func isNamed(_ text: StaticString) -> Bool { equalIgnoringCase(name, text) }

  func isValue(_ text: StaticString) -> Bool { equalIgnoringCase(value, text) }

  /// Whether the text is one of the values between commas.
  func hasToken(_ text: StaticString) -> Bool {
    var rest = value
    while true {
      let comma = rest.firstIndex(of: UInt8(ascii: ","))
      if equalIgnoringCase(trimmed(rest[..<(comma ?? rest.endIndex)]), text) { return true }
      guard let comma else { return false }
      rest = rest[(comma + 1)...]
    }
  }

  var number: Int? { decimal(value) }
}

private func trimmed(_ bytes: UnsafeRawBufferPointer.SubSequence) -> UnsafeRawBufferPointer.SubSequence {
  var bytes = bytes
  while let first = bytes.first, first == 0x20 || first == 0x09 { bytes = bytes.dropFirst() }
  while let last = bytes.last, last == 0x20 || last == 0x09 { bytes = bytes.dropLast() }
  return bytes
}

/// Nil where there is anything but digits, none, or so many that the number would be beyond every bound.
private func decimal(_ bytes: UnsafeRawBufferPointer.SubSequence) -> Int? {
  guard (1...12).contains(bytes.count) else { return nil }
  var number = 0
  for byte in bytes {
    guard (0x30...0x39).contains(byte) else { return nil }
    number = number * 10 + Int(byte - 0x30)
  }
  return number
}

/// - Parameter text: in lower case.
private func equalIgnoringCase(_ bytes: UnsafeRawBufferPointer.SubSequence, _ text: StaticString) -> Bool {
  guard bytes.count == text.utf8CodeUnitCount else { return false }
  var expected = text.utf8Start
  for byte in bytes {
    let lower = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    guard lower == expected.pointee else { return false }
    expected += 1
  }
  return true
}
