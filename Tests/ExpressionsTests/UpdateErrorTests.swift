internal import Expressions
internal import Items
internal import Testing

@Suite("Updates: what DynamoDB refuses without the item") struct UpdateErrorTests {
  private func expect(_ cases: [(String, String)], sourceLocation: SourceLocation = #_sourceLocation) {
    for (expression, message) in cases {
      #expect(
        refusal { () throws(ExpressionError) in try Parse.update(expression) }
          == "Invalid UpdateExpression: \(message)",
        "\(expression)", sourceLocation: sourceLocation)
    }
  }

  @Test("A syntax error names the token between its neighbours") func syntaxErrorMessages() {
    expect([
      ("", "The expression can not be empty;"),
      ("INVALID SYNTAX HERE", #"Syntax error; token: "INVALID", near: "INVALID SYNTAX""#),
      ("ADD hits : incr", #"Syntax error; token: ":", near: "hits : incr""#),
      ("SET _123 = :s", #"Syntax error; token: "_", near: "SET _123""#),
      ("SET a = :s, REMOVE b", #"Syntax error; token: "REMOVE", near: ", REMOVE b""#),
      ("SET a = :s,", #"Syntax error; token: "<EOF>", near: ",""#),
      ("ADD str_set bad_value", #"Syntax error; token: "bad_value", near: "str_set bad_value""#),
    ])
  }

  @Test("Malformed updates are syntax errors") func syntaxErrors() {
    let expressions = [
      "whatever", "set a", "add a", "delete a", "set a=set", "remove a = b", "add a = b", "delete a = b", "delete a b",
      "delete a if_not_exist(b)", "add abort b", "add a if_not_exist(b)", "remove a b", "set a b", "set :a = b",
      "add :a b", "delete :a b", "remove :a", "set a = b / c", "set a = b * c", "set a[1] = \"eight\"", "set a[1] = 1",
      "SET a = if_not_exist(a, 100)", "SET if_not_exist(a, b) = a", "set (a = (b + c))", "set a = (b.c).d + e",
      "set a = (b.c)[0] + e", "set a = b + c + d", "set a = (b + c) + d", "set a = f(b + c)", "set a[:s] = :s",
      "set a[#a] = :s", "set a = :s b = :s", "set 1 = :s", "set hi-there = :s", "set # = :s", "set a = :",
      "set a = " + String(repeating: "(", count: 4000),
    ]
    for expression in expressions {
      let message = refusal { () throws(ExpressionError) in try Parse.update(expression) }
      #expect(message?.hasPrefix("Invalid UpdateExpression: Syntax error; token: ") == true, "\(expression)")
    }
    for accepted in [
      "set a = (b + c)", "set a = ((b.c.d)+(e))", "SET a = if_not_exists(a, b) + b", "set and1 = b",
      "SET a = if_not_exists(a, if_not_exists(a, b))", "sEt a=:s rEmOvE b aDd c :n dElEtE d :ss",
      "set a = list_append(if_not_exists(a, :l), :l)", "set #a = :s",
    ] {
      #expect(refusal { () throws(ExpressionError) in try Parse.update(accepted) } == nil, "\(accepted)")
    }
  }

  @Test("Errors come in DynamoDB's order") func order() {
    let name = "An expression attribute name used in the document path is not defined; attribute name: "
    let value = "An expression attribute value used in expression is not defined; attribute value: "
    expect([
      (" set #c = :c set abOrt = true ", "Attribute name is a reserved keyword; reserved keyword: abOrt"),
      (" remove Absolute ", "Attribute name is a reserved keyword; reserved keyword: Absolute"),
      ("set #c = if_not_exist(:c) set c = d", "Invalid function name; function: if_not_exist"),
      ("set a = IF_NOT_EXISTS(:c, b)", "Invalid function name; function: IF_NOT_EXISTS"),
      ("set a = size(b)", "The function is not allowed in an update expression; function: size"),
      (
        "set a = list_append(list_append(:s, :s), :undefined)",
        "The function is not allowed to be used this way in an expression; function: list_append"
      ),
      ("set a = #c set c = :d", "The \"SET\" section can only be used once in an update expression;"),
      ("remove #d set a = b remove e", "The \"REMOVE\" section can only be used once in an update expression;"),
      ("add #d :e set a = b add e :f", "The \"ADD\" section can only be used once in an update expression;"),
      ("delete #d :e set a = b delete #e :f", "The \"DELETE\" section can only be used once in an update expression;"),
      ("SET a = :c, #c = if_not_exists(:c)", name + "#c"), ("SET #a = if_not_exists(:c)", value + ":c"),
      ("SET a = if_not_exists(:undefined, :s)", value + ":undefined"),
      ("SET a[3000000000] = :s", "List index is not within the allowable range; index: [3000000000]"),
    ])
  }

  @Test("Paths that are written neither overlap nor conflict") func paths() {
    let overlap = "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: "
    let conflict = "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: "
    expect([
      ("set d[1] = a, d.b = a, c[1].a = a, c = if_not_exists(a)", overlap + "[c, [1], a], path two: [c]"),
      ("set c[3].#odd = a, c[3] = a", overlap + "[c, [3], [3]], path two: [c, [3]]"),
      ("SET a = :s REMOVE a", overlap + "[a], path two: [a]"), ("REMOVE a SET #a = :s", overlap + "[a], path two: [a]"),
      ("SET a.b.c.d.e = :s, a.b = :t", overlap + "[a, b, c, d, e], path two: [a, b]"),
      ("set c[3].#odd = a, c.#odd[3] = if_not_exists(a)", conflict + "[c, [3], [3]], path two: [c, [3], [3]]"),
      ("remove a.c set a[1] = b", conflict + "[a, c], path two: [a, [1]]"),
      ("SET a.b.c = :s, x = :s, a.b[2] = :t", conflict + "[a, b, c], path two: [a, b, [2]]"),
    ])
    for accepted in ["SET a.b = a, a.c = a.b", "REMOVE a[1], a[2], a[10]", "REMOVE a SET b = a", "SET a = b, b = a"] {
      #expect(refusal { () throws(ExpressionError) in try Parse.update(accepted) } == nil, "\(accepted)")
    }
  }

  @Test("ADD takes numbers and sets, DELETE sets; type names are long") func addAndDelete() {
    func type(_ section: String, _ name: String) -> String {
      "Incorrect operand type for operator or function; operator: \(section), operand type: \(name), typeSet: "
        + "ALLOWED_FOR_\(section)_OPERAND"
    }
    let others = [
      (":s", "STRING"), (":null", "NULL"), (":bool", "BOOLEAN"), (":b", "BINARY"), (":map", "MAP"), (":l", "LIST"),
    ]
    for (value, name) in others {
      expect([
        ("add a.b \(value)", type("ADD", name)),
        ("delete a.b \(value)", type("DELETE", name)),
      ])
    }
    expect([
      ("delete a :n", type("DELETE", "NUMBER")),
      ("set b = list_append(:s, a), c = if_not_exists(a) add a.b :s", type("ADD", "STRING")),
    ])
    for accepted in ["add a :n, b :ss, c :ns, d :bs", "delete b :ss, c :ns, d :bs"] {
      #expect(refusal { () throws(ExpressionError) in try Parse.update(accepted) } == nil, "\(accepted)")
    }
  }

  @Test("Operands of SET have their number, type and paths") func setOperands() {
    let type = "Incorrect operand type for operator or function; operator or function: "
    let count = "Incorrect number of operands for operator or function; operator or function: "
    let path = "Operator or function requires a document path; operator or function: if_not_exists"
    let values = [
      (":s", "S"), (":b", "B"), (":bool", "BOOL"), (":null", "NULL"), (":ss", "SS"), (":ns", "NS"), (":bs", "BS"),
      (":map", "M"),
    ]
    for (value, name) in values {
      expect([
        ("set a = a + \(value)", type + "+, operand type: \(name)"),
        ("set a = \(value) - a", type + "-, operand type: \(name)"),
        ("set a = list_append(\(value), a)", type + "list_append, operand type: \(name)"),
        ("set a = list_append(a, \(value))", type + "list_append, operand type: \(name)"),
      ])
    }
    expect([
      ("set a = a + :l", type + "+, operand type: L"),
      ("set a = list_append(a, :n)", type + "list_append, operand type: N"),
      ("set a = if_not_exists(c)", count + "if_not_exists, number of operands: 1"),
      ("set a = list_append(c)", count + "list_append, number of operands: 1"),
      ("set a = list_append(c, d, e)", count + "list_append, number of operands: 3"),
      ("set a = if_not_exists(:s, c)", path), ("set a = if_not_exists(if_not_exists(a, b), c)", path),
    ])
  }
}
