internal import Expressions
internal import Items
internal import Testing

@Suite("Key conditions") struct KeyConditionTests {
  private let partition = KeyAttribute(name: Array("p".utf8), type: .string)
  private let sort = KeyAttribute(name: Array("c".utf8), type: .number)

  private func bind(_ expression: String, sort: KeyAttribute?) throws(ExpressionError) -> KeyCondition {
    try Parse.keyCondition(expression).bind(partition: partition, sort: sort)
  }

  @Test("A partition and a range, in either order and with the key on either side") func ranges() throws {
    let (one, two) = (number("1"), number("2"))
    let cases: [(String, SortCondition?)] = [
      ("p = :s", nil), (":s = p", nil), ("(p = :s)", nil), ("p = :s AND c = :n", .equal(one)),
      ("c = :n AND p = :s", .equal(one)), ("p = :s AND c < :n", .less(one)), ("p = :s AND c <= :n", .lessOrEqual(one)),
      ("p = :s AND c > :n", .greater(one)), ("p = :s AND c >= :n", .greaterOrEqual(one)),
      (":s=p AND :n<c", .greater(one)), (":s=p AND :n<=c", .greaterOrEqual(one)), (":s=p AND :n>c", .less(one)),
      (":s=p AND :n>=c", .lessOrEqual(one)), ("p = :s and c between :n and :m", .between(one, two)),
      ("((c = :n) AND (p = :s))", .equal(one)),
    ]
    for (expression, condition) in cases {
      #expect(
        try bind(expression, sort: sort) == KeyCondition(partition: text("s"), sort: condition), "\(expression)")
    }
    let byText = KeyAttribute(name: Array("c".utf8), type: .string)
    #expect(
      try bind("p = :s and begins_with(c, :t)", sort: byText)
        == KeyCondition(partition: text("s"), sort: .beginsWith(text("t"))))
    #expect(try bind("p = :s", sort: nil) == KeyCondition(partition: text("s")))
  }

  @Test("What a key condition may not say") func refusedConditions() {
    let operators = "Invalid operator used in KeyConditionExpression: "
    let first = " operator must have the key attribute as its first operand"
    let invalid = "Invalid condition in KeyConditionExpression: "
    let nestedOperation = "KeyConditionExpressions cannot contain nested operations"
    let nestedAttribute = "KeyConditionExpressions cannot have conditions on nested attributes"
    let twice = "KeyConditionExpressions must only contain one condition per key"
    let cases: [(String, String)] = [
      ("", "Invalid KeyConditionExpression: The expression can not be empty;"),
      ("p=:s AND c!=:n", #"Invalid KeyConditionExpression: Syntax error; token: "!", near: "c!=""#),
      ("a > b and size(b) > c or a > c", operators + "OR"), ("a in (b, size(c), d)", operators + "IN"),
      ("attribute_exists(a)", operators + "attribute_exists"),
      ("attribute_not_exists(a)", operators + "attribute_not_exists"), ("contains(a.d, b)", operators + "contains"),
      ("not a > b", operators + "NOT"), ("not not p = :s", operators + "NOT"), ("a <> b", operators + "<>"),
      ("attribute_type(a, :S)", operators + "attribute_type"),
      (":s between size(b) and size(a) and b > :t", invalid + "BETWEEN" + first),
      ("begins_with(:s, b) and a > :t", invalid + "begins_with" + first),
      ("size(b) > a AND a.b > b AND b > c", nestedOperation), ("a > size(b.d)", nestedOperation),
      ("a between size(b) and size(a)", nestedOperation),
      ("b > a.b", invalid + "Multiple attribute names used in one condition"),
      ("b between c[1] and d", invalid + "Multiple attribute names used in one condition"),
      ("a between b and size(a)", invalid + "Multiple attribute names used in one condition"),
      ("begins_with(a, b)", invalid + "Multiple attribute names used in one condition"),
      ("b.d > a AND c.d > e.f", nestedAttribute), ("a.d > c", nestedAttribute), ("b[0] > a", nestedAttribute),
      (":n > :m AND a < :n", invalid + "No key attribute specified"),
      ("b > :n AND b < :n and c = :n and d = :n", twice),
      ("(a > :n and b > :n) and (b > :n and c > :n)", twice),
      ("p=:s AND BEGINS_WITH(c,:s)", "Invalid KeyConditionExpression: Invalid function name; function: BEGINS_WITH"),
      (
        "p=:s AND begins_with(c,:n)",
        "Invalid KeyConditionExpression: Incorrect operand type for operator or function; "
          + "operator or function: begins_with, operand type: N"
      ),
      (
        "a between :t and :s",
        "Invalid KeyConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal to "
          + "lower bound; lower bound operand: AttributeValue: {S:t}, upper bound operand: AttributeValue: {S:s}"
      ),
    ]
    for (expression, message) in cases {
      #expect(
        refusal { () throws(ExpressionError) in try Parse.keyCondition(expression) } == message,
        "\(expression)")
    }
  }

  @Test("What the table's keys do not allow") func refusedKeys() {
    let unsupported = "Query key condition not supported"
    let type = "One or more parameter values were invalid: Condition parameter type does not match schema type"
    let missed = "Query condition missed key schema element: "
    let withSort: [(String, String)] = [
      ("z = :s", missed + "p"), ("c = :n", missed + "p"), ("p = :s and z = :n", missed + "c"), ("p > :s", unsupported),
      (":s <= p", unsupported), ("begins_with(p, :s)", unsupported), ("p between :s and :s", unsupported),
      ("p = :n", type), ("p = :s and c = :s", type), ("p = :s and c = :bool", type),
    ]
    for (expression, message) in withSort {
      #expect(
        refusal { () throws(ExpressionError) in try bind(expression, sort: sort) } == message, "\(expression)")
    }
    for expression in ["p = :s and c = :n", "y = :s and z = :s", "p > :s"] {
      #expect(
        refusal { () throws(ExpressionError) in try bind(expression, sort: nil) } == unsupported, "\(expression)")
    }
  }
}
