internal import Bytes
internal import Expressions
internal import Items
internal import Testing

@Suite("Updates: what becomes of the item") struct UpdateSemanticsTests {
  private static let invalidPath = "The document path provided in the update expression is invalid for update"
  private static let missing = "The provided expression refers to an attribute that does not exist in the item"
  private static let wrongType = "An operand in the update expression has an incorrect data type"

  private func check(
    _ expression: String, _ old: AttributeMap, _ expected: AttributeMap,
    values: KeyValuePairs<String, AttributeValue>? = nil, exists: Bool = true,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let update = try Parse.update(expression, try context(values: values))
    #expect(
      try update.apply(to: old, exists: exists) == expected, "\(expression)", sourceLocation: sourceLocation)
  }

  private func refuse(
    _ expression: String, _ old: AttributeMap, _ message: String,
    values: KeyValuePairs<String, AttributeValue>? = nil, exists: Bool = true,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let update = try Parse.update(expression, try context(values: values))
    #expect(throws: UpdateError(message), "\(expression)", sourceLocation: sourceLocation) {
      try update.apply(to: old, exists: exists)
    }
  }

  @Test("SET writes, keeps the rest, and reads the item as it was") func set() throws {
    let old = item(["a": text("hi"), "n": number("2")])
    try check("SET b = :v", old, item(["a": text("hi"), "n": number("2"), "b": .null]), values: [":v": .null])
    try check("SET a = :v", old, item(["a": number("4"), "n": number("2")]), values: [":v": number("4")])
    try check("SET a = n, n = a", old, item(["a": number("2"), "n": text("hi")]))
    try check("REMOVE a SET b = a", old, item(["b": text("hi"), "n": number("2")]))
    try check("SET a = a", old, old)
    try check("SET m = :m", AttributeMap(), item(["m": map([:])]), values: [":m": map([:])], exists: false)
    try refuse("SET c = z", old, Self.missing)
    try refuse("SET x = :v, y = x", old, Self.missing, values: [":v": .null])
    try refuse("SET c = a.b", old, Self.missing)
  }

  @Test("Arithmetic is exact and takes numbers only") func arithmetic() throws {
    let old = item(["a": number("2"), "b": number("0.1"), "t": text("x"), "big": number("9e125")])
    try check(
      "SET c = a + b", item(["a": number("2"), "b": number("0.1")]),
      item(["a": number("2"), "b": number("0.1"), "c": number("2.1")]))
    try check("SET a = :v - a", item(["a": number("2")]), item(["a": number("5")]), values: [":v": number("7")])
    try check(
      "SET a = if_not_exists(a, :z) + :v", AttributeMap(), item(["a": number("7")]),
      values: [":v": number("7"), ":z": number("0")])
    try check(
      "SET a = (if_not_exists(a, :z)) - (:v)", item(["a": number("1")]), item(["a": number("-6")]),
      values: [":v": number("7"), ":z": number("0")])
    try refuse("SET a = q + :v", old, Self.missing, values: [":v": number("1")])
    try refuse("SET a = t + :v", old, Self.wrongType, values: [":v": number("1")])
    try refuse("SET a = a - t", old, Self.wrongType)
    try refuse("SET a = list_append(:l, :l) + a", old, Self.wrongType, values: [":l": list()])
    let update = try Parse.update("SET big = big + big", try context())
    #expect(throws: UpdateError.self) { try update.apply(to: old) }
  }

  @Test("list_append joins, if_not_exists falls back") func functions() throws {
    let old = item(["l": list(number("1")), "t": text("x")])
    try check(
      "SET l = list_append(l, :l)", old, item(["l": list(number("1"), .null), "t": text("x")]),
      values: [":l": list(.null)])
    try check(
      "SET l = list_append(:l, l)", old, item(["l": list(.null, number("1")), "t": text("x")]),
      values: [":l": list(.null)])
    try check(
      "SET k = list_append(if_not_exists(k, :l), l)", old,
      item(["k": list(.null, number("1")), "l": list(number("1")), "t": text("x")]), values: [":l": list(.null)])
    try check("SET t = if_not_exists(t, q)", old, old)
    try check(
      "SET t = if_not_exists(q, if_not_exists(r.s, l[0]))", old,
      item(["l": list(number("1")), "t": number("1")]))
    try refuse("SET l = list_append(l, t)", old, Self.wrongType)
    try refuse("SET l = list_append(q, l)", old, Self.missing)
    try refuse("SET l = if_not_exists(q, r)", old, Self.missing)
  }

  @Test("SET writes within maps and lists whose parents exist") func nested() throws {
    let old = item(["a": map(["b": number("3"), "c": list(text("hi"), map(["x": map(["y": list(.null, .null)])]))])])
    try check(
      "SET a.c[1].x.y[1] = :v, a.d = :v", old,
      item([
        "a": map([
          "b": number("3"), "c": list(text("hi"), map(["x": map(["y": list(.null, text("n"))])])), "d": text("n"),
        ])
      ]), values: [":v": text("n")])
    try check(
      "SET a.z = a.c[0] REMOVE a.b, a.c[1].x", old,
      item(["a": map(["c": list(text("hi"), map([:])), "z": text("hi")])]))
    for path in ["a.b.c", "a.q.r", "q.r", "q[0]", "a.b[0]", "a[0]", "a.c.d", "a.c[7].d", "a.c[0].d"] {
      try refuse("SET \(path) = :v", old, Self.invalidPath, values: [":v": .null])
      try refuse("REMOVE \(path)", old, Self.invalidPath)
      try refuse("ADD \(path) :v", old, Self.invalidPath, values: [":v": number("1")])
      try refuse("DELETE \(path) :v", old, Self.invalidPath, values: [":v": numbers("1")])
    }
  }

  @Test("SET beyond a list's end appends in order of index") func append() throws {
    let old = item(["a": list(text("0"), text("1"))])
    try check(
      "SET a[84] = :b, a[37] = :a, a[1] = :c", old,
      item(["a": list(text("0"), text("c"), text("a"), text("b"))]),
      values: [":a": text("a"), ":b": text("b"), ":c": text("c")])
  }

  @Test("REMOVE and SET mean a list's indexes before the update") func listIndexes() throws {
    let old = item(["a": .list((2...7).map { .number(Number($0)) })])
    let expected = item(["a": list(number("2"), number("4"), number("17"), number("6"), number("7"))])
    try check("REMOVE a[1] SET a[3] = :v", old, expected, values: [":v": number("17")])
    try check("SET a[3] = :v REMOVE a[1]", old, expected, values: [":v": number("17")])
    try check(
      "REMOVE a[0], a[2], a[5], a[17] SET a[99] = :v", old,
      item(["a": list(number("3"), number("5"), number("6"), .null)]), values: [":v": .null])
    try check("REMOVE a[0]", item(["a": list(.null)]), item(["a": list()]))
  }

  @Test("REMOVE of what is not there does nothing, of a missing item along any path") func removeMissing() throws {
    let old = item(["a": map(["x": .null]), "b": list(.null)])
    try check("REMOVE a.y, b[7], c", old, old)
    try check("REMOVE x.y, z[0].q", AttributeMap(), AttributeMap(), exists: false)
    try refuse("SET c.c = :v", AttributeMap(), Self.invalidPath, values: [":v": .null], exists: false)
    try refuse("SET q.c = :v REMOVE q.d", AttributeMap(), Self.invalidPath, values: [":v": .null], exists: false)
  }

  @Test("An update that only takes away does not make a missing item") func creation() throws {
    func creates(_ expression: String, _ values: KeyValuePairs<String, AttributeValue>? = nil) throws -> Bool {
      try Parse.update(expression, try context(values: values)).createsItem
    }
    #expect(try !creates("REMOVE a"))
    #expect(try !creates("REMOVE x.y, z[0]"))
    #expect(try !creates("DELETE s :s REMOVE a", [":s": texts("x")]))
    #expect(try creates("REMOVE a SET b = :v", [":v": .null]))
    #expect(try creates("ADD n :n", [":n": number("1")]))
    var none = ByteReader([0])
    #expect(try UpdateExpression(from: &none).createsItem)
  }

  @Test("ADD sums numbers, unites sets, and starts from nothing") func add() throws {
    let old = item(["n": number("3"), "s": texts("b", "d"), "k": numbers("1", "3"), "m": map(["b": binaries("x")])])
    try check(
      "ADD n :n, s :s, k :k, m.b :b, fresh :n", old,
      item([
        "n": number("-1"), "s": texts("a", "b", "c", "d", "e"), "k": numbers("1", "2", "3", "10"),
        "m": map(["b": binaries("w", "x")]), "fresh": number("-4"),
      ]),
      values: [
        ":n": number("-4"), ":s": texts("e", "c", "b", "a"), ":k": numbers("10", "2", "3"), ":b": binaries("w"),
      ])
    let mismatches = [
      ("n", texts("x")), ("s", number("1")), ("s", numbers("1")), ("k", texts("1")), ("m", texts("x")),
    ]
    for (path, value) in mismatches {
      try refuse("ADD \(path) :v", old, Self.wrongType, values: [":v": value])
    }
  }

  @Test("DELETE takes elements out; no empty set remains") func delete() throws {
    let old = item(["s": texts("a", "b", "c"), "n": number("1"), "m": map(["s": numbers("1")])])
    try check(
      "DELETE s :s", old, item(["s": texts("b"), "n": number("1"), "m": map(["s": numbers("1")])]),
      values: [":s": texts("a", "c", "x")])
    try check(
      "DELETE s :s, m.s :n, gone :n", old, item(["n": number("1"), "m": map([:])]),
      values: [":s": texts("a", "b", "c"), ":n": numbers("1", "2")])
    for (path, value) in [("n", numbers("1")), ("s", numbers("1")), ("m", texts("x"))] {
      try refuse("DELETE \(path) :v", old, Self.wrongType, values: [":v": value])
    }
  }

  @Test("UPDATED_OLD and UPDATED_NEW show the written paths alone") func returnValues() throws {
    let old = item(["p": text("k"), "a": map(["b": text("dog"), "c": list(number("1"), number("2"), number("3"))])])
    let update = try Parse.update(
      "SET a.b = :v, a.c[1] = :n, a.x = :n, a.c[100] = :v", try context(values: [":v": text("hi"), ":n": number("7")]))
    let new = try update.apply(to: old)
    #expect(update.updatedPart.apply(to: old) == item(["a": map(["b": text("dog"), "c": list(number("2"))])]))
    #expect(
      update.updatedPart.apply(to: new)
        == item(["a": map(["b": text("hi"), "c": list(number("7")), "x": number("7")])]))
    let removal = try Parse.update("REMOVE a.c[1], a.c[3]", try context())
    #expect(removal.updatedPart.apply(to: old) == item(["a": map(["c": list(number("2"))])]))
    #expect(removal.updatedPart.apply(to: try removal.apply(to: old)) == item(["a": map(["c": list(number("3"))])]))
    #expect(update.topLevelNames == [Array("a".utf8)])
    #expect(update.updatedPaths.count == 4)
  }
}
