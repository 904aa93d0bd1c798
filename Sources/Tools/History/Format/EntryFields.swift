internal import Items

/// The members of one line, read in any order and then put together.
struct EntryFields {
  private var client: String?
  private var operation: String?
  private var keys: [String]?
  private var input: Values?
  private var output: Values?
  private var transaction: String?
  private var invoked: Int64?
  private var returned: Int64?
  private var outcome: HistoryOutcome?

  /// The members of an input or output. Of two optionals the outer one says whether there is such a member.
  private struct Values {
    var value: HistoryValue??
    var expected: HistoryValue??
    var amount: Int64?
    var applied: Bool?
    var count = 0
  }

  static func entry(of line: [UInt8]) throws(ItemError) -> HistoryEntry {
    let fields = try JSONReader.read(line) { (json) throws(ItemError) in
      var fields = EntryFields()
      try json.beginObject()
      while let name = try json.nextKey() { try fields.read(name, &json) }
      return fields
    }
    let entry = try fields.entry()
    if let fault = entry.fault { throw ItemError(.serialization, fault) }
    return entry
  }

  // MARK: Reading

  private mutating func read(_ name: JSONName, _ json: inout JSONReader) throws(ItemError) {
    switch name {
    case "client": try Self.set(&client, name, try json.readText())
    case "operation": try Self.set(&operation, name, try json.readText())
    case "keys": try Self.set(&keys, name, try Self.keys(&json))
    case "input": try Self.set(&input, name, try Self.values(&json))
    case "output": try Self.set(&output, name, try Self.values(&json))
    case "transaction": try Self.set(&transaction, name, try json.readText())
    case "invoked": try Self.set(&invoked, name, try Self.integer(&json))
    case "returned": try Self.set(&returned, name, try Self.integer(&json))
    case "outcome": try Self.set(&outcome, name, try Self.outcome(&json))
    default: throw ItemError(.serialization, "the member '\(name.text)' is unknown")
    }
  }

  private static func set<Value>(_ field: inout Value?, _ name: JSONName, _ value: Value) throws(ItemError) {
    guard field == nil else { throw ItemError(.serialization, "the member '\(name.text)' stands twice") }
    field = value
  }

  private static func keys(_ json: inout JSONReader) throws(ItemError) -> [String] {
    var keys: [String] = []
    try json.beginArray()
    while try json.nextElement() { keys.append(try json.readText()) }
    return keys
  }

  private static func outcome(_ json: inout JSONReader) throws(ItemError) -> HistoryOutcome {
    let text = try json.readText()
    guard let outcome = HistoryOutcome(rawValue: text) else {
      throw ItemError(.serialization, "the outcome '\(text)' is none of ok, fail and unknown")
    }
    return outcome
  }

  private static func values(_ json: inout JSONReader) throws(ItemError) -> Values {
    var values = Values()
    try json.beginObject()
    while let name = try json.nextKey() {
      values.count += 1
      switch name {
      case "value": try set(&values.value, name, try value(&json))
      case "expected": try set(&values.expected, name, try value(&json))
      case "amount": try set(&values.amount, name, try integer(&json))
      case "applied":
        guard try json.peek() == .bool else { throw ItemError(.serialization, "'applied' is neither true nor false") }
        try set(&values.applied, name, try json.readBool())
      default: throw ItemError(.serialization, "the member '\(name.text)' is unknown")
      }
    }
    return values
  }

  private static func value(_ json: inout JSONReader) throws(ItemError) -> HistoryValue? {
    switch try json.peek() {
    case .null:
      try json.readNull()
      return nil
    case .string:
      guard let digest = HexDigits.value(try json.readString()) else {
        throw ItemError(.serialization, "a digest is not sixteen hexadecimal digits in lower case")
      }
      return .digest(digest)
    default: return .number(try integer(&json))
    }
  }

  private static func integer(_ json: inout JSONReader) throws(ItemError) -> Int64 {
    guard let value = Int64(String(decoding: try json.readNumber(), as: UTF8.self)) else {
      throw ItemError(.serialization, "a number is no integer of 64 bits")
    }
    return value
  }

  // MARK: Putting together

  private func entry() throws(ItemError) -> HistoryEntry {
    HistoryEntry(
      client: try Self.required(client, "client"), try historyOperation(), keys: try Self.required(keys, "keys"),
      output: try historyOutput(), transaction: transaction, invoked: try Self.required(invoked, "invoked"),
      returned: returned, outcome: try Self.required(outcome, "outcome"))
  }

  private static func required<Value>(_ field: Value?, _ name: String) throws(ItemError) -> Value {
    guard let field else { throw ItemError(.serialization, "the member '\(name)' is missing") }
    return field
  }

  private func historyOperation() throws(ItemError) -> HistoryOperation {
    let name = try Self.required(operation, "operation")
    switch (name, input?.value, input?.expected, input?.amount, input?.count) {
    case ("put", .some(.some(let value)), nil, nil, 1): return .put(value)
    case ("putIf", .some(.some(let value)), .some(let expected), nil, 2): return .putIf(expected: expected, value)
    case ("add", nil, nil, .some(let amount), 1): return .add(amount)
    case ("delete", nil, nil, nil, nil): return .delete
    case ("get", nil, nil, nil, nil): return .get
    case ("put", _, _, _, _), ("putIf", _, _, _, _), ("add", _, _, _, _), ("delete", _, _, _, _), ("get", _, _, _, _):
      throw ItemError(.serialization, "the input does not fit the operation '\(name)'")
    default: throw ItemError(.serialization, "the operation '\(name)' is unknown")
    }
  }

  private func historyOutput() throws(ItemError) -> HistoryOutput {
    guard let output else { return .none }
    switch (output.applied, output.value, output.count) {
    case (.some(let isApplied), nil, 1): return .applied(isApplied)
    case (nil, .some(let value), 1): return .value(value)
    default: throw ItemError(.serialization, "the output is neither 'applied' nor 'value'")
    }
  }
}
