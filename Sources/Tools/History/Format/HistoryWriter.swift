internal import Items

/// Writes a history as JSON lines, one operation a line:
/// ```
/// {"client":"c1","operation":"putIf","keys":["k"],"input":{"expected":null,"value":7},"output":{"applied":true},
///  "invoked":1000,"returned":2000,"outcome":"ok"}
/// ```
/// | member | holds |
/// | --- | --- |
/// | `operation` | `put`, `putIf`, `add`, `delete` or `get` |
/// | `input` | `value` of put and putIf, `expected` of putIf (null: no value), `amount` of add; absent for the others |
/// | `output` | `applied` of putIf, `value` of get (null: none), `value` of add where it was asked for; only where `ok` |
/// | `transaction` | a name; absent for an operation of its own |
/// | `invoked`, `returned` | nanoseconds on one clock; `returned` is absent where the client never heard again |
/// | `outcome` | `ok`, `fail` or `unknown` |
///
/// A value is an integer, or a digest: a string of sixteen hexadecimal digits.
public struct HistoryWriter: Sendable {
  /// The lines since the last ``take()``.
  public private(set) var bytes: [UInt8] = []

  public init() {}

  /// Appends a line. An entry that the reader would refuse is a mistake of the caller and traps.
  public mutating func append(_ entry: HistoryEntry) {
    if let fault = entry.fault { fatalError("A history cannot hold this entry: \(fault).") }
    var json = JSONWriter()
    json.beginObject()
    json.key("client")
    json.string(entry.client)
    json.operation(entry.operation, keys: entry.keys)
    json.output(entry.output)
    if let transaction = entry.transaction {
      json.key("transaction")
      json.string(transaction)
    }
    json.key("invoked")
    json.integer(Int(entry.invoked))
    if let returned = entry.returned {
      json.key("returned")
      json.integer(Int(returned))
    }
    json.key("outcome")
    json.string(entry.outcome.rawValue)
    json.endObject()
    bytes += json.bytes
    bytes.append(UInt8(ascii: "\n"))
  }

  /// The lines so far, which the writer then forgets: for writing a long history piece by piece.
  public mutating func take() -> [UInt8] {
    defer { bytes = [] }
    return bytes
  }
}

extension JSONWriter {
  fileprivate mutating func operation(_ operation: HistoryOperation, keys: [String]) {
    key("operation")
    string(operation.name)
    key("keys")
    beginArray()
    for key in keys { string(key) }
    endArray()
    guard operation != .delete && operation != .get else { return }
    key("input")
    beginObject()
    switch operation {
    case .put(let value): member("value", value)
    case .putIf(let expected, let value):
      member("expected", expected)
      member("value", value)
    case .add(let amount): member("amount", .number(amount))
    case .delete, .get: break
    }
    endObject()
  }

  fileprivate mutating func output(_ output: HistoryOutput) {
    guard output != .none else { return }
    key("output")
    beginObject()
    switch output {
    case .none: break
    case .applied(let isApplied):
      key("applied")
      bool(isApplied)
    case .value(let value): member("value", value)
    }
    endObject()
  }

  private mutating func member(_ name: StaticString, _ value: HistoryValue?) {
    key(name)
    switch value {
    case .digest(let digest): string(HexDigits.text(digest))
    case .number(let number): integer(Int(number))
    case nil: null()
    }
  }
}

extension HistoryOperation {
  /// As a history writes it.
  var name: String {
    switch self {
    case .put: "put"
    case .putIf: "putIf"
    case .add: "add"
    case .delete: "delete"
    case .get: "get"
    }
  }
}
