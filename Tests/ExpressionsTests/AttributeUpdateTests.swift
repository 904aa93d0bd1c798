internal import Bytes
internal import Expressions
internal import Items
internal import Testing

private func update(
  _ action: AttributeUpdate.Action?, _ value: AttributeValue?, name: String = "a"
) -> AttributeUpdate {
  AttributeUpdate(name: Array(name.utf8), action: action, value: value)
}

@Suite("Updates in the older form") struct AttributeUpdateTests {
  private func check(
    _ update: AttributeUpdate, _ old: AttributeValue?, _ new: AttributeValue?,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let expression = try UpdateExpression(legacy: [update])
    var reader = ByteReader(encoded(expression.encode))
    #expect(try UpdateExpression(from: &reader) == expression, sourceLocation: sourceLocation)
    var map = item(["k": .null])
    map[Array("a".utf8)] = old
    let changed = try expression.apply(to: map)
    #expect(changed[Array("a".utf8)] == new, "\(update)", sourceLocation: sourceLocation)
    #expect(changed[Array("k".utf8)] == .null, sourceLocation: sourceLocation)
  }

  @Test("PUT writes, and is what is meant where no action is named") func put() throws {
    try check(update(.put, text("x")), number("1"), text("x"))
    try check(update(nil, list()), nil, list())
    let dotted = try UpdateExpression(legacy: [update(.put, .null, name: "a.b")])
    #expect(try dotted.apply(to: item([:]), exists: false) == item(["a.b": .null]))
  }

  @Test("DELETE removes the attribute, or takes elements away from a set") func delete() throws {
    try check(update(.delete, nil), text("x"), nil)
    try check(update(.delete, nil), nil, nil)
    try check(update(.delete, numbers("2", "9")), numbers("1", "2"), numbers("1"))
    try check(update(.delete, texts("a", "b")), texts("a", "b"), nil)
    try check(update(.delete, binaries("a")), binaries("b"), binaries("b"))
    try check(update(.delete, texts("a")), nil, nil)
  }

  @Test("ADD counts, joins sets and appends lists") func add() throws {
    try check(update(.add, number("-3.5")), number("9"), number("5.5"))
    try check(update(.add, number("2")), nil, number("2"))
    try check(update(.add, texts("b", "c")), texts("a", "b"), texts("a", "b", "c"))
    try check(update(.add, binaries("a")), nil, binaries("a"))
    try check(update(.add, list(number("3"), .null)), list(number("3")), list(number("3"), number("3"), .null))
    try check(update(.add, list(.null)), nil, list(.null))
  }

  @Test("A value of the item that does not match has a message of its own") func mismatches() throws {
    let mismatch = UpdateError("Type mismatch for attribute to update")
    for (action, value, old) in [
      (AttributeUpdate.Action.add, number("1"), texts("a")), (.add, texts("a"), numbers("1")),
      (.add, list(), texts("a")), (.add, number("1"), text("1")), (.delete, texts("a"), text("a")),
      (.delete, texts("a"), numbers("1")),
    ] {
      let expression = try UpdateExpression(legacy: [update(action, value)])
      #expect(throws: mismatch) { try expression.apply(to: item(["a": old])) }
    }
  }

  @Test("Which actions take which values") func refusals() {
    let invalid = "One or more parameter values were invalid: "
    func refused(_ action: AttributeUpdate.Action?, _ value: AttributeValue?) -> String? {
      refusal { () throws(ExpressionError) in try UpdateExpression(legacy: [update(action, value)]) }
    }
    for action in [nil, AttributeUpdate.Action.put, .add] {
      #expect(refused(action, nil) == invalid + "Only DELETE action is allowed when no attribute value is specified")
    }
    let scalars: [(AttributeValue, String)] = [
      (text("x"), "S"), (bytes("x"), "B"), (.bool(true), "BOOL"), (.null, "NULL"), (map([:]), "M"),
    ]
    for (value, type) in scalars {
      #expect(refused(.add, value) == "\(invalid)ADD action is not supported for the type \(type)")
    }
    for (value, type) in scalars + [(number("1"), "N"), (list(), "L")] {
      #expect(refused(.delete, value) == "\(invalid)DELETE action with value is not supported for the type \(type)")
    }
  }

  @Test("Only what may add something makes a missing item") func creation() throws {
    let none = try UpdateExpression(legacy: [])
    #expect(none.createsItem)
    #expect(try UpdateExpression(legacy: [update(.add, number("1"))]).createsItem)
    #expect(try !UpdateExpression(legacy: [update(.delete, nil), update(.delete, texts("x"), name: "b")]).createsItem)
    let several = try UpdateExpression(legacy: [update(.put, .null, name: "z"), update(.delete, nil)])
    #expect(several.createsItem)
    #expect(several.topLevelNames == [Array("a".utf8), Array("z".utf8)])
  }
}
