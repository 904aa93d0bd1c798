internal import Expressions
internal import Items
internal import Testing

@Suite("Conditions: what holds") struct ConditionSemanticsTests {
  private let sample = item([
    "t": text("hello"), "n": number("5"), "bin": bytes("hello"), "yes": .bool(true), "nil": .null,
    "ts": texts("cat", "dog"), "nums": numbers("2", "4", "7"), "bins": binaries("hi", "ho"),
    "l": list(text("x"), number("2"), texts("p", "q"), list(number("1"))),
    "m": map(["x": number("1"), "y": list(number("-1"), number("2"))]), "x.y": text("dotted"), "void0": text(""),
  ])

  private func check(
    _ expression: String, _ expected: Bool, values: KeyValuePairs<String, AttributeValue>? = nil,
    names: KeyValuePairs<String, String>? = nil, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let condition = try Parse.condition(expression, try context(names: names, values: values))
    #expect(condition.evaluate(sample) == expected, "\(expression)", sourceLocation: sourceLocation)
    #expect(try condition.evaluate(EncodedItem(sample)) == expected, "\(expression)", sourceLocation: sourceLocation)
  }

  private let everyType: [AttributeValue] = [
    number("1"), text("hello"), .bool(true), bytes("xyz"), .null, list(text("hello"), number("42")),
    map(["hello": text("world")]), texts("hello", "world"), numbers("1", "2", "3"), binaries("xyz", "hi"),
  ]

  @Test("Values are equal when type and value are, whatever the type") func equality() throws {
    for (position, left) in everyType.enumerated() {
      for (other, right) in everyType.enumerated() {
        let condition = try Parse.condition("a = :v", try context(values: [":v": right]))
        #expect(condition.evaluate(item(["a": left])) == (position == other))
        let unequal = try Parse.condition("a <> :v", try context(values: [":v": right]))
        #expect(unequal.evaluate(item(["a": left])) == (position != other))
      }
    }
    try check("ts = :v", true, values: [":v": texts("dog", "cat")])
    try check("n = :v", true, values: [":v": number("5.00")])
  }

  @Test("A missing attribute equals nothing, differs from everything, and has no order") func missing() throws {
    for comparator in ["=", "<", "<=", ">", ">="] {
      try check("q \(comparator) z", false)
      try check("q \(comparator) :v", false, values: [":v": number("1")])
      try check(":v \(comparator) q", false, values: [":v": number("1")])
    }
    try check("q <> z", true)
    try check("q <> :v", true, values: [":v": .null])
    try check("q between z and y", false)
    try check("q in (:v)", false, values: [":v": .null])
    try check("not q = z", true)
    #expect(try Parse.condition("attribute_not_exists(pk)").evaluate(nil as AttributeMap?))
    #expect(try Parse.condition("attribute_not_exists(pk)").evaluate(nil as EncodedItem?))
  }

  @Test("Numbers, strings and binaries have an order; different types have none") func order() throws {
    let cases: [(String, AttributeValue, Int)] = [
      ("n", number("5"), 0), ("n", number("10"), -1), ("n", number("-10"), 1), ("t", text("hello"), 0),
      ("t", text("hellp"), -1), ("t", text("hell"), 1), ("bin", bytes("hello"), 0), ("bin", bytes("i"), -1),
      ("bin", .binary([0x68, 0xFF]), -1),
    ]
    for (path, value, order) in cases {
      let values: KeyValuePairs<String, AttributeValue> = [":v": value]
      try check("\(path) < :v", order < 0, values: values)
      try check("\(path) <= :v", order <= 0, values: values)
      try check("\(path) > :v", order > 0, values: values)
      try check("\(path) >= :v", order >= 0, values: values)
      try check(":v > \(path)", order < 0, values: values)
      try check("\(path) between :v and :v", order == 0, values: values)
    }
    for comparator in ["<", "<=", ">", ">="] {
      try check("n \(comparator) :v", false, values: [":v": text("5")])
      try check("l \(comparator) :v", false, values: [":v": number("1")])
      try check("m \(comparator) l", false)
    }
  }

  @Test("BETWEEN includes its bounds and takes any operands") func between() throws {
    try check("n between :a and :b", true, values: [":a": number("5"), ":b": number("6")])
    try check("n bEtWeEn :a aNd :b", true, values: [":a": number("4"), ":b": number("5")])
    try check("n between :a and :b", false, values: [":a": number("6"), ":b": number("7")])
    try check(":v between m.x and n", true, values: [":v": number("3")])
    try check("n between n and t", false)
    try check("m.x between n and m.y[0]", false)
    try check("m.x between m.y[0] and size(t)", true)
  }

  @Test("IN compares with each candidate") func isIn() throws {
    try check("n in (:a, :b)", true, values: [":a": text("5"), ":b": number("5")])
    try check("n in (:a)", false, values: [":a": text("5")])
    try check("m.x IN (n, l[1], l[3][0], t)", true)
    try check("ts in (:a)", true, values: [":a": texts("dog", "cat")])
    try check("size(t) in (n)", true)
  }

  @Test("attribute_exists and attribute_not_exists look along paths") func existence() throws {
    let cases: [(String, Bool)] = [
      ("t", true), ("nil", true), ("q", false), ("m.x", true), ("m.y[1]", true), ("m.y[2]", false), ("m.z", false),
      ("t.x", false), ("l.x", false), ("m[0]", false), ("l[3][0]", true), ("x.y", false),
    ]
    for (path, expected) in cases {
      try check("attribute_exists(\(path))", expected)
      try check("attribute_not_exists (\(path))", !expected)
    }
    try check("attribute_exists(#d)", true, names: ["#d": "x.y"])
    try check("attribute_exists((m).x)", true)
  }

  @Test("attribute_type names all ten types") func types() throws {
    let types = ["t": "S", "n": "N", "bin": "B", "yes": "BOOL", "nil": "NULL", "ts": "SS", "nums": "NS", "bins": "BS"]
    for name in ["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"] {
      for path in types.keys.sorted() {
        try check("attribute_type(\(path), :t)", types[path] == name, values: [":t": text(name)])
      }
      try check("attribute_type(l, :t)", name == "L", values: [":t": text(name)])
      try check("attribute_type(m, :t)", name == "M", values: [":t": text(name)])
      try check("attribute_type(:n, :t)", name == "N", values: [":t": text(name), ":n": number("1")])
      try check("attribute_type(q, :t)", false, values: [":t": text(name)])
    }
  }

  @Test("begins_with compares strings with strings and binaries with binaries") func beginsWith() throws {
    try check("begins_with(t, :v)", true, values: [":v": text("hel")])
    try check("begins_with(t, :v)", true, values: [":v": text("")])
    try check("begins_with(t, :v)", false, values: [":v": text("hello!")])
    try check("begins_with(t, :v)", false, values: [":v": bytes("hel")])
    try check("begins_with(bin, :v)", true, values: [":v": bytes("hel")])
    try check("begins_with(:v, t)", true, values: [":v": text("hello, world")])
    try check("begins_with(n, :v)", false, values: [":v": text("5")])
    try check("begins_with(t, void0)", true)
    try check("begins_with(q, :v)", false, values: [":v": text("")])
  }

  @Test("contains finds parts of strings and binaries, members of sets and lists") func contains() throws {
    let cases: [(String, AttributeValue, Bool)] = [
      ("t", text("ell"), true), ("t", text("hello"), true), ("t", text(""), true), ("t", text("elo"), false),
      ("t", bytes("ell"), false), ("bin", bytes("llo"), true), ("bin", bytes("lloo"), false), ("ts", text("cat"), true),
      ("ts", text("ca"), false), ("nums", number("4.0"), true), ("nums", text("4"), false), ("bins", bytes("ho"), true),
      ("l", number("2"), true), ("l", texts("q", "p"), true), ("l", list(number("1")), true), ("l", number("1"), false),
      ("nums", numbers("4"), false), ("m", text("x"), false), ("yes", .bool(true), false), ("n", number("5"), false),
      ("q", text("x"), false),
    ]
    for (path, value, expected) in cases {
      try check("contains(\(path), :v)", expected, values: [":v": value])
    }
    try check("contains(t, void0)", true)
    try check("contains(:v, t)", true, values: [":v": list(text("hello"))])
  }

  @Test("size counts characters of strings, bytes of binaries, elements of the rest, and is nothing for scalars")
  func size() throws {
    let sizes = [
      ("t", "5"), ("bin", "5"), ("ts", "2"), ("nums", "3"), ("bins", "2"), ("l", "4"), ("m", "2"), ("void0", "0"),
      ("m.y", "2"),
    ]
    for (path, size) in sizes { try check("size(\(path)) = :v", true, values: [":v": number(size)]) }
    for path in ["n", "yes", "nil", "q"] {
      try check("size(\(path)) >= :v", false, values: [":v": number("0")])
      try check("size(\(path)) < :v", false, values: [":v": number("9")])
    }
    try check("size(t) = n", true)
    try check("size(t) = :v", false, values: [":v": text("5")])
    try check("size(:v) = n", true, values: [":v": text("abcde")])
    try check("size(:v) = n", true, values: [":v": text("äöüab")])
    try check("size(:v) = n", true, values: [":v": text("日本a\u{1f9ea}")])
  }

  @Test("NOT binds before AND, AND before OR; parentheses before all; keywords in any case") func precedence() throws {
    let truth = ["attribute_exists(n)", "attribute_exists(q)"]
    for first in [true, false] {
      for second in [true, false] {
        for third in [true, false] {
          let (a, b, c) = (truth[first ? 0 : 1], truth[second ? 0 : 1], truth[third ? 0 : 1])
          try check("\(a) OR \(b) AND \(c)", first || second && third)
          try check("\(a) and \(b) oR \(c)", first && second || third)
          try check("(\(a) Or \(b)) AND \(c)", (first || second) && third)
          try check("nOt \(a) AND \(b) OR NOT NOT \(c)", !first && second || third)
          try check("NOT (\(a) OR \(b)) OR \(c)", !(first || second) || third)
        }
      }
    }
  }

  @Test("Only the attributes that a condition names are listed") func referencedNames() throws {
    let condition = try Parse.condition("c.b = :s and (size(#dot) > a[1] or not attribute_exists(c))")
    #expect(condition.referencedTopLevelNames == [Array("c".utf8), Array("x.y".utf8), Array("a".utf8)])
  }
}
