internal import Bytes
internal import Expressions
internal import Items
internal import Testing

private let invalid = "One or more parameter values were invalid: "

/// An entry of a filter or of `Expected` on the attribute `a`.
private func entry(
  _ comparison: LegacyOperator?, _ values: [AttributeValue]? = nil, value: AttributeValue? = nil, exists: Bool? = nil,
  name: String = "a"
) -> LegacyCondition {
  var condition = LegacyCondition(name: Array(name.utf8))
  condition.comparison = comparison
  condition.values = values
  condition.value = value
  condition.exists = exists
  return condition
}

private func filter(_ conditions: LegacyCondition..., any: Bool = false) throws(ExpressionError) -> Condition? {
  try Condition.legacy(conditions, role: .filter, any: any)
}

private func expected(_ conditions: LegacyCondition..., any: Bool = false) throws(ExpressionError) -> Condition? {
  try Condition.legacy(conditions, role: .condition, any: any)
}

@Suite("Conditions in the older form") struct LegacyConditionTests {
  /// Attribute values against which an operator with arguments holds, and against which it does not.
  private func check(
    _ comparison: LegacyOperator, _ arguments: [AttributeValue], holds: [AttributeValue], fails: [AttributeValue],
    missing: Bool = false, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let condition = try #require(try filter(entry(comparison, arguments)))
    var reader = ByteReader(encoded(condition.encode))
    #expect(try Condition(from: &reader) == condition)
    for (values, truth) in [(holds, true), (fails, false)] {
      for value in values {
        let met = condition.evaluate(item(["a": value]))
        #expect(met == truth, "\(comparison) \(value)", sourceLocation: sourceLocation)
      }
    }
    #expect(condition.evaluate(item(["b": .null])) == missing, "\(comparison)", sourceLocation: sourceLocation)
    #expect(condition.evaluate(nil as AttributeMap?) == missing, "\(comparison)", sourceLocation: sourceLocation)
  }

  @Test("Equality is of every type, and a missing attribute differs from everything") func equality() throws {
    for value in [
      text("x"), number("1"), bytes("x"), .bool(true), .null, texts("a", "b"), list(.null), map(["b": .null]),
    ] {
      try check(.equal, [value], holds: [value], fails: [text("1"), number("2"), list()])
      try check(.notEqual, [value], holds: [text("1"), number("2"), list()], fails: [value], missing: true)
    }
    try check(.equal, [number("1.0")], holds: [number("1")], fails: [text("1")])
  }

  @Test("Order is that of numbers, of text and of unsigned bytes, within one type") func order() throws {
    let five = [number("5")]
    let others = [text("1"), text("9"), .null, numbers("1"), list(number("1"))]
    try check(.less, five, holds: [number("-7"), number("4.9")], fails: five + [number("6")] + others)
    try check(.lessOrEqual, five, holds: five + [number("4")], fails: [number("5.1")] + others)
    try check(.greater, five, holds: [number("1e3")], fails: five + [number("4")] + others)
    try check(.greaterOrEqual, five, holds: five + [number("6")], fails: [number("4")] + others)
    try check(.between, [number("2"), number("5")], holds: five + [number("2")], fails: [number("6")] + others)
    try check(.between, five + five, holds: five, fails: [number("4.9")])
    let high = AttributeValue.binary([128])
    try check(.less, [high], holds: [.binary([127])], fails: [high, text("a")])
    try check(.greater, [text("cat")], holds: [text("dog")], fails: [text("Dog"), bytes("dog")])
  }

  @Test("CONTAINS finds parts and members; of a missing attribute neither it nor its opposite holds") func parts()
    throws
  {
    let holders = [text("hello"), texts("ell", "x"), list(number("1"), text("ell"))]
    let others = [text("help"), texts("x"), list(texts("ell")), number("1"), bytes("hello"), map(["ell": .null])]
    try check(.contains, [text("ell")], holds: holders, fails: others)
    try check(.notContains, [text("ell")], holds: others, fails: holders)
    try check(.beginsWith, [text("he")], holds: [text("hello"), text("he")], fails: [text("h"), bytes("hello")])
  }

  @Test("IN is of one of its values, and NULL and NOT_NULL of presence, not of the type") func presence() throws {
    try check(.isIn, [number("2"), number("3")], holds: [number("3")], fails: [number("4"), numbers("2"), text("2")])
    try check(.null, [], holds: [], fails: [.null, text("")], missing: true)
    try check(.notNull, [], holds: [.null, text("")], fails: [])
  }

  @Test("An entry of Expected without an operator compares, or wants the attribute missing") func expectedForms() throws
  {
    let equals = try #require(try expected(entry(nil, value: number("1"))))
    #expect(equals.evaluate(item(["a": number("1")])))
    #expect(!equals.evaluate(item(["a": number("2")])))
    #expect(try expected(entry(nil, value: number("1"), exists: true)) == equals)
    // Written to be wrong, and taken by the service.
    #expect(try expected(entry(.equal, value: number("1"))) == equals)
    let missing = try #require(try expected(entry(nil, exists: false)))
    #expect(missing.evaluate(nil as AttributeMap?))
    #expect(!missing.evaluate(item(["a": .null])))
  }

  @Test("Several conditions are joined by AND, or by OR where it is asked for") func joined() throws {
    let one = entry(.equal, [number("1")])
    let two = entry(.equal, [number("2")], name: "b")
    let half = item(["a": number("1"), "b": number("3")])
    let whole = item(["a": number("1"), "b": number("2")])
    #expect(try filter(one, two)?.evaluate(whole) == true)
    #expect(try filter(one, two)?.evaluate(half) == false)
    #expect(try filter(one, two, any: true)?.evaluate(half) == true)
    #expect(try filter(one, two, any: true)?.evaluate(item([:])) == false)
    #expect(try filter() == nil)
    #expect(try filter(entry(.notNull, name: "a.b"))?.evaluate(item(["a.b": .null])) == true)
  }

  @Test("Arguments are counted, then compared in type, then held against the operator") func argumentErrors() {
    func refused(_ comparison: LegacyOperator, _ values: [AttributeValue]?) -> String? {
      refusal { () throws(ExpressionError) in try filter(entry(comparison, values)) }
    }
    for comparison in LegacyOperator.allCases {
      let count = "\(invalid)Invalid number of argument(s) for the \(comparison.rawValue) ComparisonOperator"
      let isNullary = comparison == .null || comparison == .notNull
      #expect(refused(comparison, []) == (isNullary ? nil : count))
      #expect(refused(comparison, nil) == (isNullary ? nil : count))
      if isNullary { #expect(refused(comparison, [.null]) == count) }
      if comparison != .isIn { #expect(refused(comparison, [text("a"), text("b"), number("1")]) == count) }
    }
    let unlike = invalid + "AttributeValues inside AttributeValueList must be of same type"
    #expect(refused(.isIn, [text("a"), number("1")]) == unlike)
    #expect(refused(.between, [list(), number("1")]) == unlike)
    for comparison in [LegacyOperator.less, .lessOrEqual, .greater, .greaterOrEqual, .contains, .notContains, .isIn] {
      #expect(refused(comparison, [text("a")]) == nil)
      for (value, type) in [(AttributeValue.bool(true), "BOOL"), (.null, "NULL"), (list(), "L"), (texts("a"), "SS")] {
        #expect(
          refused(comparison, [value])
            == "\(invalid)ComparisonOperator \(comparison.rawValue) is not valid for \(type) AttributeValue type")
      }
    }
    #expect(
      refused(.beginsWith, [number("1")])
        == "\(invalid)ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type")
    #expect(
      refused(.between, [number("2"), number("1")])
        == "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound")
  }

  @Test("Which members of an entry of Expected exclude each other") func memberErrors() {
    let cases: [(LegacyCondition, String)] = [
      (entry(nil), "Value must be provided when Exists is null for Attribute: a"),
      (entry(nil, exists: true), "Value must be provided when Exists is true for Attribute: a"),
      (entry(nil, value: .null, exists: false), "Value cannot be used when Exists is false for Attribute: a"),
      (entry(nil, []), "AttributeValueList can only be used with a ComparisonOperator for Attribute: a"),
      (entry(nil, [], exists: true), "AttributeValueList can only be used with a ComparisonOperator for Attribute: a"),
      (
        entry(.equal, [.null], value: .null),
        "Value and AttributeValueList cannot be used together for Attribute: a"
      ),
      (
        entry(.equal, [.null], exists: false),
        "Exists and ComparisonOperator cannot be used together for Attribute: a"
      ),
      (entry(.equal), "Value or AttributeValueList must be used with ComparisonOperator: EQ for Attribute: a"),
      (entry(.null, value: .null), "Invalid number of argument(s) for the NULL ComparisonOperator"),
      (entry(.between, value: .null), "Invalid number of argument(s) for the BETWEEN ComparisonOperator"),
    ]
    for (condition, message) in cases {
      #expect(refusal { () throws(ExpressionError) in try expected(condition) } == invalid + message, "\(condition)")
    }
    #expect(refusal { () throws(ExpressionError) in try expected(entry(.null)) } == nil)
  }
}

@Suite("Key conditions in the older form") struct LegacyKeyConditionTests {
  private let partition = KeyAttribute(name: Array("p".utf8), type: .string)
  private let sort = KeyAttribute(name: Array("s".utf8), type: .number)
  private let isHere = entry(.equal, [text("x")], name: "p")

  private func bind(
    _ conditions: LegacyCondition..., sort: KeyAttribute?
  ) throws(ExpressionError) -> KeyCondition {
    try KeyConditions(legacy: conditions).bind(partition: partition, sort: sort)
  }

  @Test("Every operator that an index can answer has its range") func ranges() throws {
    let one = number("1")
    let cases: [(LegacyOperator, [AttributeValue], SortCondition)] = [
      (.equal, [one], .equal(one)), (.less, [one], .less(one)), (.lessOrEqual, [one], .lessOrEqual(one)),
      (.greater, [one], .greater(one)), (.greaterOrEqual, [one], .greaterOrEqual(one)),
      (.between, [one, one], .between(one, one)),
    ]
    for (comparison, arguments, range) in cases {
      let bound = try bind(entry(comparison, arguments, name: "s"), isHere, sort: sort)
      #expect(bound == KeyCondition(partition: text("x"), sort: range))
    }
    #expect(try bind(isHere, sort: sort) == KeyCondition(partition: text("x")))
    #expect(try bind(isHere, sort: nil) == KeyCondition(partition: text("x")))
  }

  @Test("What keys and operators do not allow") func errors() {
    let wrongType = invalid + "Condition parameter type does not match schema type"
    let notIndexable = "Attempted conditional constraint is not an indexable operation"
    let unsupported = "Query key condition not supported"
    func refused(_ conditions: LegacyCondition..., sort: KeyAttribute?) -> String? {
      refusal { () throws(ExpressionError) in
        try KeyConditions(legacy: conditions).bind(partition: partition, sort: sort)
      }
    }
    for comparison in [LegacyOperator.less, .lessOrEqual, .greater, .greaterOrEqual, .beginsWith] {
      #expect(refused(entry(comparison, [text("x")], name: "p"), sort: sort) == unsupported)
    }
    for comparison in [LegacyOperator.isIn, .contains, .notContains, .notEqual] {
      #expect(refused(entry(comparison, [text("x")], name: "p"), sort: sort) == notIndexable)
      #expect(refused(isHere, entry(comparison, [number("1")], name: "s"), sort: sort) == notIndexable)
    }
    #expect(refused(entry(.null, name: "p"), sort: sort) == notIndexable)
    #expect(refused(entry(.equal, [number("1")], name: "p"), sort: sort) == wrongType)
    #expect(refused(isHere, entry(.equal, [text("1")], name: "s"), sort: sort) == wrongType)
    #expect(
      refused(entry(.equal, [number("1")], name: "s"), sort: sort) == "Query condition missed key schema element: p")
    #expect(
      refused(isHere, entry(.notEqual, [.null], name: "z"), sort: sort)
        == "Query condition missed key schema element: s")
    #expect(refused(isHere, entry(.equal, [.null], name: "z"), sort: nil) == unsupported)
    #expect(refused(sort: sort) == "Conditions can be of length 1 or 2 only")
    #expect(
      refused(isHere, entry(.null, name: "s"), entry(.null, name: "z"), sort: sort)
        == "Conditions can be of length 1 or 2 only")
    #expect(
      refused(isHere, entry(.equal, [], name: "s"), sort: sort)
        == invalid + "Invalid number of argument(s) for the EQ ComparisonOperator")
  }
}
