import History
import Testing

@Suite struct FormatTests {
  static let history: [HistoryEntry] = [
    entry("c1", .put(.digest(0x0123_4567_89AB_CDEF)), key: "a \"quoted\" key\n", 1...2),
    entry("c1", .put(-7), 3...3),
    entry("c2", .putIf(expected: nil, .digest(0)), .applied(true), 3...9),
    entry("c2", .putIf(5, 6), .applied(false), 10...11),
    entry("c2", .putIf(expected: .digest(.max), .number(.max)), .applied(true), 12...14),
    entry("c3", .add(-2), .number(.min), 5...6),
    entry("c3", .add(2), 7...8),
    entry("c3", .delete, 9...10),
    entry("c3", .get, .absent, 11...12),
    entry("c3", .get, .value(.digest(of: [1, 2, 3])), 13...14),
    entry("c4", .get, 1...2, .fail),
    entry("c5", .putIf(1, 2), 3...4, .unknown),
    HistoryEntry(client: "c6", .delete, keys: ["k"], invoked: 0, returned: nil, outcome: .unknown),
    HistoryEntry(
      client: "c7", .put(1), keys: ["k", "l"], transaction: "t-1", invoked: -5, returned: 6, outcome: .ok),
  ]

  static var lines: [UInt8] {
    var writer = HistoryWriter()
    for entry in history { writer.append(entry) }
    return writer.take()
  }

  @Test func whatIsWrittenIsRead() throws {
    #expect(try HistoryReader.entries(of: Self.lines) == Self.history)
  }

  @Test func aLineIsAsTheFormatSays() {
    var writer = HistoryWriter()
    writer.append(entry("c1", .putIf(expected: nil, .digest(255)), .applied(true), 1000...2000))
    let line =
      #"{"client":"c1","operation":"putIf","keys":["k"],"input":{"expected":null,"value":"00000000000000ff"},"#
      + #""output":{"applied":true},"invoked":1000,"returned":2000,"outcome":"ok"}"# + "\n"
    #expect(String(decoding: writer.bytes, as: UTF8.self) == line)
  }

  @Test func aHistoryIsReadInPiecesOfAnySize() throws {
    let lines = Self.lines
    for size in [1, 2, 3, 7, 64, lines.count - 1, lines.count] {
      var reader = HistoryReader()
      var entries: [HistoryEntry] = []
      for start in stride(from: 0, to: lines.count, by: size) {
        try reader.read(lines[start..<min(start + size, lines.count)]) { entries.append($0) }
      }
      try reader.finish()
      #expect(entries == Self.history)
    }
  }

  @Test func aHistoryThatWasCutOffIsRefusedAtEveryByte() throws {
    let lines = Self.lines
    for count in 1..<lines.count where lines[count - 1] != UInt8(ascii: "\n") {
      #expect(throws: HistoryError.self) { try HistoryReader.entries(of: Array(lines[..<count])) }
    }
  }

  static let good =
    #"{"client":"c","operation":"get","keys":["k"],"output":{"value":1},"invoked":1,"returned":2,"outcome":"ok"}"#

  /// What is replaced in a good line, and by what.
  static let faults: [(String, String)] = [
    (good, ""), (good, " "), (good, "x"), (good, "[]"), (good, good + " x"), (good, good + good),
    (good, String(good.dropLast())),
    (#""client":"c","#, ""), (#""c""#, #""""#), (#""c""#, "1"), (#""c""#, #""c","client":"c""#),
    (#""operation":"get","#, ""), (#""get""#, #""read""#), (#""get""#, #""put""#), (#""get""#, #""delete""#),
    (#""get""#, #""get","input":{"value":1}"#), (#""get""#, #""get","input":{}"#),
    (#""get""#, #""add","input":{"value":1}"#), (#""get""#, #""add","input":{"amount":null}"#),
    (#""get""#, #""putIf","input":{"value":1}"#), (#""get""#, #""putIf","input":{"value":1,"expected":null}"#),
    (#""get","keys":["k"],"output":{"value":1}"#, #""put","keys":["k"],"input":{"value":null}"#),
    (#""get","keys":["k"],"output":{"value":1}"#, #""add","keys":["k"],"input":{"amount":1},"output":{"value":null}"#),
    (#""keys":["k"],"#, ""), (#"["k"]"#, "[]"), (#"["k"]"#, #""k""#), (#"["k"]"#, "[1]"), (#"["k"]"#, "null"),
    (#""output":{"value":1},"#, ""), (#"{"value":1}"#, "{}"), (#"{"value":1}"#, "1"),
    (#"{"value":1}"#, #"{"value":1,"value":1}"#), (#"{"value":1}"#, #"{"value":1,"more":1}"#),
    (#"{"value":1}"#, #"{"value":1,"amount":1}"#), (#"{"value":1}"#, #"{"applied":true}"#),
    (#"{"value":1}"#, #"{"value":1.5}"#), (#"{"value":1}"#, #"{"value":1e3}"#), (#"{"value":1}"#, #"{"value":true}"#),
    (#"{"value":1}"#, #"{"value":9223372036854775808}"#), (#"{"value":1}"#, #"{"value":"1"}"#),
    (#"{"value":1}"#, #"{"value":"00000000000000FF"}"#),
    (#""invoked":1,"#, ""), (#""invoked":1"#, #""invoked":"1""#), (#""invoked":1"#, #""invoked":3"#),
    (#""invoked":1"#, #""invoked":null"#), (#""returned":2,"#, ""), (#""returned":2"#, #""returned":null"#),
    (#""returned":2"#, #""returned":2,"returned":2"#), (#","outcome":"ok""#, ""), (#""ok""#, #""OK""#),
    (#""ok""#, #""fail""#), (#""ok""#, #""unknown""#), (#""ok""#, #""ok","extra":1"#),
    (#""ok""#, #""ok","transaction":null"#),
  ]

  @Test(arguments: faults.map { good.replacing($0.0, with: $0.1) })
  func aMalformedLineIsRefusedByItsNumber(line: String) throws {
    #expect(try HistoryReader.entries(of: Array((Self.good + "\n").utf8)).count == 1)
    let bytes = Array((Self.good + "\n" + line + "\n" + Self.good + "\n").utf8)
    let error = #expect(throws: HistoryError.self) { try HistoryReader.entries(of: bytes) }
    #expect(error?.line == 2)
  }

  @Test func textThatIsNotUTF8IsRefused() {
    var bytes = Array((Self.good + "\n").utf8)
    bytes[bytes.firstIndex(of: UInt8(ascii: "k"))!] = 0xFF
    #expect(throws: HistoryError.self) { try HistoryReader.entries(of: bytes) }
  }

  @Test func aLineWithoutAnEndIsNotKeptForEver() {
    var reader = HistoryReader()
    let piece = [UInt8](repeating: UInt8(ascii: " "), count: 100_000)
    #expect(throws: HistoryError.self) {
      for _ in 0..<20 { try reader.read(piece[...]) { _ in } }
    }
  }
}
