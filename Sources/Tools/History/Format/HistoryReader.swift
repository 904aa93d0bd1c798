internal import Items

/// A history that cannot be read, or not be judged.
public struct HistoryError: Error, Equatable, Sendable, CustomStringConvertible {
  /// From 1.
  public var line: Int
  public var message: String

  public var description: String { "line \(line) of the history: \(message)" }
}

/// Reads the JSON lines of ``HistoryWriter`` as they come, in pieces of any size.
///
/// Strict: a line that is not wholly as the format says is an error, since a verdict on half a history means nothing.
public struct HistoryReader: Sendable {
  static let lineBytesMax = 1 << 20

  /// The start of a line whose end has not come yet.
  private var rest: [UInt8] = []
  private var line = 1

  public init() {}

  /// Reads a whole history.
  public static func entries(of bytes: [UInt8]) throws(HistoryError) -> [HistoryEntry] {
    var reader = HistoryReader()
    var entries: [HistoryEntry] = []
    try reader.read(bytes[...]) { entries.append($0) }
    try reader.finish()
    return entries
  }

  /// Calls `body` with each entry that is whole now, in the order of the lines. After an error the reader is of no more
  /// use.
  public mutating func read(
    _ bytes: ArraySlice<UInt8>, _ body: (HistoryEntry) -> Void
  ) throws(HistoryError) {
    var start = bytes.startIndex
    while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
      rest += bytes[start..<end]
      body(try entry())
      rest.removeAll(keepingCapacity: true)
      start = end + 1
      line += 1
    }
    rest += bytes[start...]
    guard rest.count <= Self.lineBytesMax else { throw HistoryError(line: line, message: "the line is too long") }
  }

  /// Throws where the last line has no end: the history was cut off.
  public func finish() throws(HistoryError) {
    guard rest.isEmpty else { throw HistoryError(line: line, message: "the line has no end; the history was cut off") }
  }

  private func entry() throws(HistoryError) -> HistoryEntry {
    do {
      return try EntryFields.entry(of: rest)
    } catch {
      throw HistoryError(line: line, message: error.message)
    }
  }
}
