/// A request in the one form that both sides hash, up to the hash of its body.
///
/// Source: "Create a signed AWS API request", AWS Identity and Access Management user guide.
struct CanonicalRequest {
  private(set) var bytes: [UInt8] = []
  /// Names with semicolons between them.
  private(set) var signedHeaders: [UInt8] = []

  private struct Header {
    var name: [UInt8]
    var value: String
    /// Headers of one name stay in the order given.
    var place: Int

    static func precedes(_ left: Header, _ right: Header) -> Bool {
      left.name == right.name ? left.place < right.place : left.name.lexicographicallyPrecedes(right.name)
    }
  }

  /// - Parameter path: as it is sent: percent-encoded, without `.` and `..`, perhaps with a query.
  init(method: String, path: String, headers: [(name: String, value: String)]) {
    bytes.reserveCapacity(768)
    bytes += method.utf8
    newLine()
    target(path)
    self.headers(headers)
  }

  /// The whole of it.
  consuming func closed(bodyHash: [UInt8]) -> [UInt8] {
    bytes += bodyHash
    return bytes
  }

  private mutating func newLine() { bytes.append(UInt8(ascii: "\n")) }

  /// Path and query, each on its line; the parts of a query are sorted, and each has an equals sign.
  private mutating func target(_ path: String) {
    guard let mark = path.utf8.firstIndex(of: UInt8(ascii: "?")) else {
      bytes += path.utf8
      newLine()
      return newLine()
    }
    bytes += path.utf8[..<mark]
    newLine()
    var parts = path.utf8[path.utf8.index(after: mark)...].split(separator: UInt8(ascii: "&")).map { part in
      let sides = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      return (name: Array(sides[0]), value: sides.count > 1 ? Array(sides[1]) : [])
    }
    parts.sort {
      $0.name == $1.name
        ? $0.value.lexicographicallyPrecedes($1.value) : $0.name.lexicographicallyPrecedes($1.name)
    }
    for (index, part) in parts.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: "&")) }
      bytes += part.name
      bytes.append(UInt8(ascii: "="))
      bytes += part.value
    }
    newLine()
  }

  private mutating func headers(_ headers: [(name: String, value: String)]) {
    var sorted = headers.enumerated().map { place, header in
      Header(name: Self.lowercased(header.name), value: header.value, place: place)
    }
    sorted.sort(by: Header.precedes)
    for (index, header) in sorted.enumerated() {
      if index > 0, sorted[index - 1].name == header.name {
        bytes.append(UInt8(ascii: ","))
      } else {
        if index > 0 {
          newLine()
          signedHeaders.append(UInt8(ascii: ";"))
        }
        signedHeaders += header.name
        bytes += header.name
        bytes.append(UInt8(ascii: ":"))
      }
      value(header.value)
    }
    newLine()
    newLine()
    bytes += signedHeaders
    newLine()
  }

  /// Without blanks at either end, and with one instead of several within.
  private mutating func value(_ value: String) {
    let start = bytes.count
    var isAfterBlank = false
    for byte in value.utf8 {
      if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") {
        isAfterBlank = bytes.count > start
      } else {
        if isAfterBlank { bytes.append(UInt8(ascii: " ")) }
        isAfterBlank = false
        bytes.append(byte)
      }
    }
  }

  private static func lowercased(_ name: String) -> [UInt8] {
    name.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
  }
}
