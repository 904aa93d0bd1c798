internal import Bytes
internal import Expressions
internal import Items
internal import Testing

@Suite("Projections") struct ProjectionTests {
  private let sample = item([
    "a": map(["b": list(number("2"), number("4"), map(["x": text("hi"), "y": text("yo")])), "c": number("5")]),
    "b": text("hello"), "x.y": text("dotted"), "e": map(["m": map([:])]),
  ])

  @Test("Paths pick their part, within what leads there") func picks() throws {
    let cases: [(String, AttributeMap)] = [
      ("b", item(["b": text("hello")])), (" b , #dot ", item(["b": text("hello"), "x.y": text("dotted")])),
      ("a.b[0]", item(["a": map(["b": list(number("2"))])])),
      ("a.b[2].y", item(["a": map(["b": list(map(["y": text("yo")]))])])),
      ("a.b[1],a.b[0]", item(["a": map(["b": list(number("2"), number("4"))])])),
      ("a.b[2].x, a.b[0], a.c", item(["a": map(["b": list(number("2"), map(["x": text("hi")])), "c": number("5")])])),
      ("a.x, a.b[0], x, a.b[3].x", item(["a": map(["b": list(number("2"))])])),
      ("e.m", item(["e": map(["m": map([:])])])), ("e.m.q", AttributeMap()), ("x", AttributeMap()),
      ("a.b[3]", AttributeMap()), ("a.x.y", AttributeMap()), ("a.b.x", AttributeMap()), ("a[0]", AttributeMap()),
      ("a.b[0].x", AttributeMap()), ("a.b[0][0]", AttributeMap()), ("a.b[2147483647]", AttributeMap()),
    ]
    for (expression, expected) in cases {
      let projection = try Parse.projection(expression)
      #expect(projection.apply(to: sample) == expected, "\(expression)")
      #expect(try projection.apply(to: EncodedItem(sample)) == expected, "\(expression)")
    }
  }

  @Test("Refusals") func refusals() {
    let overlap = "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: "
    let conflict = "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: "
    let cases: [(String, String)] = [
      ("", "The expression can not be empty;"),
      ("a.abORt", "Attribute name is a reserved keyword; reserved keyword: abORt"),
      ("#z,ABSoLUTE", "Attribute name is a reserved keyword; reserved keyword: ABSoLUTE"),
      (
        "a,b,a,#z", "An expression attribute name used in the document path is not defined; attribute name: #z"
      ),
      ("b[1], b.a, #a.b, a", overlap + "[a, b], path two: [a]"), ("a, #a[1]", overlap + "[a], path two: [a, [1]]"),
      ("a.b, #a[1], #b", conflict + "[a, b], path two: [a, [1]]"),
      ("a[3].b, #a.#odd.b", conflict + "[a, [3], b], path two: [a, [3], b]"),
      ("a\(String(repeating: ".b", count: 32))", "The document path has too many nesting levels; nesting levels: 33"),
      ("a[99999999999999]", "List index is not within the allowable range; index: [99999999999999]"),
      ("a,", #"Syntax error; token: "<EOF>", near: ",""#), ("abort,", #"Syntax error; token: "<EOF>", near: ",""#),
    ]
    for (expression, message) in cases {
      #expect(
        refusal { () throws(ExpressionError) in try Parse.projection(expression) }
          == "Invalid ProjectionExpression: \(message)", "\(expression)")
    }
    for expression in [
      "whatever(stuff)", ":a", ",a", "a,,b", "a..b", "a[b]", "(a.b).c", "(a)", "(a),(b)", "(a,b)", "a-b", "a[-1]",
      "a[]",
      "a b",
    ] {
      let message = refusal { () throws(ExpressionError) in try Parse.projection(expression) }
      #expect(message?.hasPrefix("Invalid ProjectionExpression: Syntax error; token: ") == true, "\(expression)")
    }
    for accepted in ["a.b, a.c", "a.b.d, a.b.e", "a[1], a[2]", "a.b, a.c[2]"] {
      #expect(refusal { () throws(ExpressionError) in try Parse.projection(accepted) } == nil, "\(accepted)")
    }
  }

  @Test("AttributesToGet names whole attributes, each once") func attributeNames() throws {
    let projection = try Projection(attributeNames: [Array("x.y".utf8), Array("b".utf8), Array("q".utf8)])
    #expect(projection.apply(to: sample) == item(["b": text("hello"), "x.y": text("dotted")]))
    #expect(projection.topLevelNames == [Array("b".utf8), Array("q".utf8), Array("x.y".utf8)])
    #expect(
      refusal { () throws(ExpressionError) in try Projection(attributeNames: [[0x61], [0x62], [0x61]]) }
        == "One or more parameter values were invalid: Duplicate value in attribute name: a")
  }
}
