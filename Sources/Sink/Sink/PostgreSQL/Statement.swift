/// A value that goes beside a statement's text, never into it.
enum Parameter: Sendable {
  case null
  case text(String)
  case integer(Int)
  case bytes([UInt8])
  case array(ArrayColumn)

  /// The type's object id; 0 lets the server infer it.
  var oid: UInt32 {
    switch self {
    case .null, .text: 0
    case .integer: 20
    case .bytes: 17
    case .array(let column): column.element.arrayOID
    }
  }

  /// Nil for NULL.
  var encoded: [UInt8]? {
    switch self {
    case .null: nil
    case .text(let text): Array(text.utf8) + [0]
    case .integer(let value): withUnsafeBytes(of: value.bigEndian) { Array($0) }
    case .bytes(let bytes): bytes
    case .array(let column): column.binary
    }
  }

  var isBinary: Bool {
    switch self {
    case .null, .text: false
    case .integer, .bytes, .array: true
    }
  }

  static func optional(_ text: String?) -> Parameter { text.map { .text($0) } ?? .null }
}

/// One statement with its parameters.
struct Statement: Sendable {
  var sql: String
  var parameters: [Parameter]

  init(_ sql: String, _ parameters: [Parameter] = []) {
    self.sql = sql
    self.parameters = parameters
  }

  static let begin = Statement("BEGIN")
  static let commit = Statement("COMMIT")
  static let rollback = Statement("ROLLBACK")
}

enum Identifier {
  /// A name as SQL quotes it. Names come from checked files and the catalog; values are never put into a text.
  static func quoted(_ name: String) -> String {
    "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}
