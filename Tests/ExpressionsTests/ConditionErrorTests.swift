internal import Expressions
internal import Items
internal import Testing

@Suite("Conditions: what DynamoDB refuses, in its words") struct ConditionErrorTests {
  private func expect(_ cases: [(String, String)], sourceLocation: SourceLocation = #_sourceLocation) {
    for (expression, message) in cases {
      #expect(
        refusal { () throws(ExpressionError) in try Parse.condition(expression) }
          == "Invalid ConditionExpression: \(message)",
        "\(expression)", sourceLocation: sourceLocation)
    }
  }

  @Test("A syntax error names the token between its neighbours") func syntaxErrorMessages() {
    expect([
      ("", "The expression can not be empty;"),
      ("things are not gonna be ok", #"Syntax error; token: "are", near: "things are not""#),
      ("a > 4", #"Syntax error; token: "4", near: "> 4""#),
      ("a != :s", #"Syntax error; token: "!", near: "a !=""#),
      ("a", #"Syntax error; token: "<EOF>", near: "a""#),
      ("a = ", #"Syntax error; token: "<EOF>", near: "=""#),
      ("ü > a", #"Syntax error; token: "ü", near: "ü >""#),
      ("a = :s AND", #"Syntax error; token: "<EOF>", near: "AND""#),
      ("and = :s", #"Syntax error; token: "and", near: "and =""#),
      ("_a = :s", #"Syntax error; token: "_", near: "_a""#),
      ("  = :s", #"Syntax error; token: "=", near: "= :s""#),
    ])
  }

  @Test("Malformed expressions are syntax errors") func syntaxErrors() {
    let expressions = [
      "attribute_exists(Pictures-RearView)", "attribute_exists(\"Pictures.RearView\")",
      "attribute_exists(Pictures..RearView)", "attribute_exists(Pi#ctures.RearView)", "attribute_exists(asdf[a])",
      "a > between", "a in b", "a in (b,c,)", "a in ()", "(a)between(b.(c.d))and(c)",
      "(a)between(b.c.d)and((c)", "#$.b > a", "a > :s.stuff", "b[:a] > a", "b[#_] > a",
      "(a)between(b.c[4.5].#d)and(:a)",
      "a in b, c", "size(a).b > a", "(size(a)).b > a", "size(a)[0] > a", "(size(a))[0] > a", ":s", "(a)",
      "a and b", "not a",
      "(a = :s) = :n", "a = (b = c)", "a = :s b",
      "a[-1] = :s", "a[] = :s", "# = :s", ": = a", "size() > :n", "((((",
      "a = :s)", "a not in (:s)", "a between :s or :t", "#a(:s)", "a. = :s", ":s AND a = :s",
    ]
    for expression in expressions {
      let message = refusal { () throws(ExpressionError) in try Parse.condition(expression) }
      #expect(message?.hasPrefix("Invalid ConditionExpression: Syntax error; token: ") == true, "\(expression)")
    }
  }

  @Test("Two pairs of parentheses around one thing are redundant, one pair is not") func redundantParentheses() {
    let expressions = [
      "a=a and a > ((views))", "(a)between(((b.c)).d)and(c)", "a > whatever((:things), ((a)))",
      "a=a AND ((a=a AND a=a)) AND a=a", "a=a OR ((a=a OR a=a)) OR a=a", "a=a AND ((a=a AND (a=a AND a=a)))",
      "((a = :s))", String(repeating: "(", count: 2000) + "a<b" + String(repeating: ")", count: 2000),
    ]
    expect(expressions.map { ($0, "The expression has redundant parentheses;") })
    for accepted in [
      "(a=b)", "((a=b) AND a=c)", "(a=b) or (a=c)", "(a) = (:s)", "a in ((:s), (:t))", "size((a)) > :n",
    ] {
      #expect(refusal { () throws(ExpressionError) in try Parse.condition(accepted) } == nil, "\(accepted)")
    }
  }

  @Test("Functions are known by their exact name and stand where their result can") func functions() {
    let misuse = "The function is not allowed to be used this way in an expression; function: "
    expect([
      ("a=a and whatever((:things)) > a", "Invalid function name; function: whatever"),
      ("attRIbute_exIsts((views), #a)", "Invalid function name; function: attRIbute_exIsts"),
      ("if_not_exists(a, a) = :s", "The function is not allowed in a condition expression; function: if_not_exists"),
      ("a=a and attribute_exists((views), (#a)) > b", misuse + "attribute_exists"),
      ("attribute_not_exists(things) > b", misuse + "attribute_not_exists"),
      ("attribute_type(things, :a) > b", misuse + "attribute_type"),
      ("begins_with(things, a) > b", misuse + "begins_with"),
      ("contains(:things, c) > b", misuse + "contains"),
      ("size(contains(a, b)) > a", misuse + "contains"),
      ("size(things)", misuse + "size"),
      ("not size(things)", misuse + "size"),
      ("a = :s or size(things)", misuse + "size"),
      ("a between b and attribute_exists(things)", misuse + "attribute_exists"),
      ("a in (b, attribute_exists(things))", misuse + "attribute_exists"),
    ])
  }

  @Test("A filter says so") func filterPrefix() throws {
    var substitutions = sampleContext()
    let message = refusal { () throws(ExpressionError) in
      try Condition.parse(Array("list_append(a, a) = :s".utf8), role: .filter, context: &substitutions)
    }
    #expect(
      message == "Invalid FilterExpression: The function is not allowed in a filter expression; function: list_append")
  }

  @Test("Reserved words in any case need a placeholder") func reservedWords() {
    let reserved = "Attribute name is a reserved keyword; reserved keyword: "
    expect([
      ("attribute_exists(views, #a)", reserved + "views"), (":a < abOrT", reserved + "abOrT"),
      ("a.Status = :s", reserved + "Status"), ("zone = :s", reserved + "zone"), ("set = :s", reserved + "set"),
      ("a = :undefined and NAME = :s", reserved + "NAME"),
    ])
    #expect(refusal { () throws(ExpressionError) in try Parse.condition("aborts = :s and zones = :s") } == nil)
  }

  @Test("Placeholders are defined, the first undefined one is reported") func undefinedPlaceholders() {
    let name = "An expression attribute name used in the document path is not defined; attribute name: "
    let value = "An expression attribute value used in expression is not defined; attribute value: "
    expect([
      ("attribute_exists(#Pictures.RearView, :a) and a=a", name + "#Pictures"),
      ("begins_with(Pictures.#RearView)", name + "#RearView"),
      ("(#P between :lo and :hi) and (#PC in (:cat1, :cat2))", name + "#P"),
      ("#4g > a", name + "#4g"), ("#_ > a", name + "#_"), ("(a)between(b.c[45].#d)and(:a)", name + "#d"),
      ("begins_with(:hello, #a, #c)", value + ":hello"), (":x < :y", value + ":x"), (":_ > a", value + ":_"),
    ])
  }

  @Test("Functions have their number of operands") func operandCounts() {
    let count = "Incorrect number of operands for operator or function; operator or function: "
    expect([
      ("attribute_exists(things, a) and a=a", count + "attribute_exists, number of operands: 2"),
      ("attribute_not_exists(things, b)", count + "attribute_not_exists, number of operands: 2"),
      ("attribute_type(things)", count + "attribute_type, number of operands: 1"),
      ("begins_with(things)", count + "begins_with, number of operands: 1"),
      ("begins_with(things, size(a), b)", count + "begins_with, number of operands: 3"),
      ("contains(things)", count + "contains, number of operands: 1"),
      ("size(things, a) > b", count + "size, number of operands: 2"),
    ])
  }

  @Test("Values of the request have a type that the function takes") func functionOperandTypes() {
    let type = "Incorrect operand type for operator or function; operator or function: "
    var cases: [(String, String)] = []
    for (value, name) in wrongForText {
      cases.append(("begins_with(a, \(value))", type + "begins_with, operand type: \(name)"))
      cases.append(("begins_with(\(value), a)", type + "begins_with, operand type: \(name)"))
      cases.append(("attribute_type(a, \(value))", type + "attribute_type, operand type: \(name)"))
    }
    for (value, name) in [(":n", "N"), (":bool", "BOOL"), (":null", "NULL")] {
      cases.append(("size(\(value)) > a", type + "size, operand type: \(name)"))
    }
    expect(
      cases + [
        ("attribute_type(a, size(a)) and a=a and a=:s", type + "attribute_type, operand type: N"),
        ("attribute_type(ab.bc[1].a, SS)", type + "attribute_type, operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}"),
        ("begins_with(a, size(a)) and a=:s", type + "begins_with, operand type: N"),
        ("size(size(a)) > :n", type + "size, operand type: N"),
        ("attribute_not_exists(size(:n))", type + "size, operand type: N"),
        (
          "attribute_type(a, :s)",
          "Invalid attribute type name found; type: s, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"
        ),
        (
          "attribute_exists(:s) and a=a",
          "Operator or function requires a document path; operator or function: attribute_exists"
        ),
        (
          "attribute_not_exists(size(:s))",
          "Operator or function requires a document path; operator or function: attribute_not_exists"
        ),
      ])
  }

  private let wrongForText = [
    (":n", "N"), (":bool", "BOOL"), (":null", "NULL"), (":l", "L"), (":map", "M"), (":ss", "SS"), (":ns", "NS"),
    (":bs", "BS"),
  ]

  @Test("Order comparisons take no value of the request that has no order") func comparatorOperandTypes() {
    let type = "Incorrect operand type for operator or function; operator or function: "
    for comparator in ["<", "<=", ">", ">="] {
      expect([
        ("a \(comparator) :map", type + "\(comparator), operand type: M"),
        (":l \(comparator) a", type + "\(comparator), operand type: L"),
      ])
    }
    expect([
      ("a between :bool and :s", type + "BETWEEN, operand type: BOOL"),
      ("a between b and :null", type + "BETWEEN, operand type: NULL"),
    ])
    for accepted in ["a = :map", "a <> :null", "a in (:l, :map)", ":ss = :ns"] {
      #expect(refusal { () throws(ExpressionError) in try Parse.condition(accepted) } == nil, "\(accepted)")
    }
  }

  @Test("An operand is not compared with itself") func distinctOperands() {
    let distinct =
      "The first operand must be distinct from the remaining operands for this operator or function; operator: "
    expect([
      ("a = a AND #a = b AND :views > a", distinct + "=, first operand: [a]"),
      ("#a <> a", distinct + "<>, first operand: [a]"), ("a > #a", distinct + ">, first operand: [a]"),
      ("((a=a) OR (a=a))", distinct + "=, first operand: [a]"),
      ("contains(ab.bc[1].a, ab.bc[1].#a)", distinct + "contains, first operand: [ab, bc, [1], a]"),
      ("attribute_type(ab.bc[1].#a, ab.bc[1].a)", distinct + "attribute_type, first operand: [ab, bc, [1], a]"),
      ("begins_with(ab.bc[1].a, ab.bc[1].#a)", distinct + "begins_with, first operand: [ab, bc, [1], a]"),
    ])
    #expect(refusal { () throws(ExpressionError) in try Parse.condition(":s >= :s") } == nil)
  }

  @Test("The bounds of BETWEEN have one type and are in order") func bounds() {
    expect([
      (
        "a between :m and :n",
        "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
          + "lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}"
      ),
      (
        "a between :n and :s",
        "The BETWEEN operator requires same data type for lower and upper bounds; "
          + "lower bound operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:s}"
      ),
    ])
    #expect(refusal { () throws(ExpressionError) in try Parse.condition("a between :n and :n") } == nil)
  }

  @Test("Sizes, operators, operands, path levels and indexes are bounded") func limits() {
    let operators = "The expression contains too many operators; operator count: 301"
    let candidates = Array(repeating: ":s", count: 101).joined(separator: ",")
    expect([
      (
        "a = :s" + String(repeating: " ", count: 4091),
        "Expression size has exceeded the maximum allowed size; expression size: 4097"
      ),
      (String(repeating: "not ", count: 300) + "a<b", operators),
      ("a<b" + String(repeating: " or a<b", count: 150), operators),
      ("a<b " + String(repeating: "or (a<b ", count: 400) + String(repeating: ")", count: 400), operators),
      ("a in (\(candidates))", "The IN operator is provided with too many operands; number of operands: 101"),
      (
        "a\(String(repeating: ".b", count: 32)) = :s",
        "The document path has too many nesting levels; nesting levels: 33"
      ),
      ("a[99999999999999] = :s", "List index is not within the allowable range; index: [99999999999999]"),
      (
        "a < " + String(repeating: "f(", count: 1300) + "b" + String(repeating: ")", count: 1300),
        "Invalid function name; function: f"
      ),
    ])
    for accepted in [
      String(repeating: "not ", count: 299) + "a<b", "a<b" + String(repeating: " or a<b", count: 149),
      "a<b " + String(repeating: "or (a<b ", count: 149) + String(repeating: ")", count: 149),
      "a in (\(candidates.dropLast(3)))", "a\(String(repeating: ".b", count: 31)) = :s", "a[2147483647] = :s",
      "a = :s" + String(repeating: " ", count: 4090),
    ] {
      #expect(refusal { () throws(ExpressionError) in try Parse.condition(accepted) } == nil, "\(accepted)")
    }
    let open = refusal { () throws(ExpressionError) in try Parse.condition(String(repeating: "(", count: 4096)) }
    #expect(open?.contains("Syntax error; token: \"<EOF>\"") == true)
  }
}

@Suite("Substitutions") struct ContextTests {
  @Test("Placeholders are well-formed and not empty") func placeholders() {
    #expect(
      refusal { () throws(ExpressionError) in try context(names: ["a": "a"]) }
        == "ExpressionAttributeNames contains invalid key: Syntax error; key: \"a\"")
    #expect(
      refusal { () throws(ExpressionError) in try context(values: [":": .null]) }
        == "ExpressionAttributeValues contains invalid key: Syntax error; key: \":\"")
    #expect(
      refusal { () throws(ExpressionError) in try context(names: ["#a-b": "a"]) }
        == "ExpressionAttributeNames contains invalid key: Syntax error; key: \"#a-b\"")
    #expect(
      refusal { () throws(ExpressionError) in try context(names: [:]) } == "ExpressionAttributeNames must not be empty")
    #expect(
      refusal { () throws(ExpressionError) in try context(values: [:]) }
        == "ExpressionAttributeValues must not be empty")
  }

  @Test("What no expression uses is refused, names before values") func unused() throws {
    var substitutions = try context(
      names: ["#a": "a", "#b": "b", "#c": "c"], values: [":v": .null, ":w": .null, ":x": .null])
    _ = try Condition.parse(Array("#b = :w or #b = :x".utf8), role: .condition, context: &substitutions)
    let check = { () throws(ExpressionError) in try substitutions.checkAllUsed() }
    #expect(refusal(check) == "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #c}")
    _ = try Projection.parse(Array("#a, #c".utf8), context: &substitutions)
    #expect(refusal(check) == "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}")
    _ = try UpdateExpression.parse(Array("SET z = :v".utf8), context: &substitutions)
    #expect(refusal(check) == nil)
  }
}
