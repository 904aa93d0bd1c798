/// A one-dimensional PostgreSQL array in its binary form, built element by element: the column of many rows that one
/// statement writes.
struct ArrayColumn: Sendable {
  enum Element: UInt32, Sendable {
    case bytea = 17
    case text = 25

    /// The object id of the array of it.
    var arrayOID: UInt32 { self == .bytea ? 1001 : 1009 }
  }

  private static let headerBytes = 20

  let element: Element
  private(set) var count = 0
  private var body: [UInt8]
  private var hasNull = false

  init(_ element: Element, capacity: Int = 0) {
    self.element = element
    body = []
    body.reserveCapacity(Self.headerBytes + capacity)
    body.append(contentsOf: repeatElement(0, count: Self.headerBytes))
  }

  init(_ element: Element, _ elements: some Sequence<[UInt8]>) {
    self.init(element)
    for bytes in elements { append(bytes) }
  }

  mutating func append(_ bytes: [UInt8]) {
    appendInteger(UInt32(bytes.count))
    body.append(contentsOf: bytes)
    count += 1
  }

  mutating func append(_ text: String) { append(Array(text.utf8)) }

  /// Nil is NULL.
  mutating func append(_ bytes: [UInt8]?) {
    if let bytes { return append(bytes) }
    appendInteger(.max)
    hasNull = true
    count += 1
  }

  private mutating func appendInteger(_ value: UInt32) {
    withUnsafeBytes(of: value.bigEndian) { body.append(contentsOf: $0) }
  }

  /// Dimensions, whether there is a NULL, the elements' type, their number, the first index; then the elements.
  var binary: [UInt8] {
    let header: [UInt32] = [count == 0 ? 0 : 1, hasNull ? 1 : 0, element.rawValue, UInt32(count), 1]
    var bytes = body
    for (index, field) in header.enumerated() {
      for byte in 0..<4 { bytes[4 * index + byte] = UInt8(truncatingIfNeeded: field >> (24 - 8 * UInt32(byte))) }
    }
    if count == 0 { bytes.removeLast(8) }
    return bytes
  }
}
