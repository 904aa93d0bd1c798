internal import Bytes
internal import Environment
internal import Expressions
internal import Items
internal import Testing

@Suite("Random expressions") struct PropertyTests {
  private func substitutions() throws -> ExpressionContext {
    try ExpressionContext(
      names: nil,
      values: AttributeMap(
        ConditionGenerator.values.map { AttributeMap.Element(name: Array($0.placeholder.utf8), value: $0.value) }))
  }

  @Test(
    "Conditions mean what a plain reading says, before and after their binary form", arguments: [1, 2, 3] as [UInt64])
  func conditions(seed: UInt64) throws {
    var generator = ConditionGenerator(random: SeededRandom(seed: seed))
    let context = try substitutions()
    var held = 0
    for _ in 0..<1500 {
      let expected = generator.condition(depth: Int(generator.random.below(5)))
      let condition = try Parse.condition(expected.text, context)
      var reader = ByteReader(encoded(condition.encode))
      let decoded = try Condition(from: &reader)
      try reader.finish()
      #expect(decoded == condition)
      for _ in 0..<4 {
        let item = generator.item()
        let holds = expected.holds(item)
        held += holds ? 1 : 0
        #expect(condition.evaluate(item) == holds, "\(expected.text)")
        #expect(try decoded.evaluate(EncodedItem(item)) == holds, "\(expected.text)")
      }
    }
    #expect(held > 1000 && held < 5000, "The cases are lopsided: \(held) of 6000 hold.")
  }

  private static let updates = [
    "SET a = :s", "SET a = b + :n, c = d - e REMOVE f, g.h[3], g.h[1]", "ADD n :n, s :ss DELETE t.u[1] :ns",
    "SET l = list_append(if_not_exists(l, :l), m[0].x), k = if_not_exists(a, if_not_exists(b, :map))",
    "SET a.b[1].#dot = :null, a.c = (b.c + :m)", "REMOVE z",
  ]

  @Test("Updates, projections and paths survive their binary form") func roundTrips() throws {
    for expression in Self.updates {
      let update = try Parse.update(expression)
      var reader = ByteReader(encoded(update.encode))
      #expect(try UpdateExpression(from: &reader) == update, "\(expression)")
      try reader.finish()
    }
    for expression in ["a", "a.b[2].c, a.b[0], #dot, z[2147483647]"] {
      let projection = try Parse.projection(expression)
      var reader = ByteReader(encoded(projection.encode))
      #expect(try Projection(from: &reader) == projection, "\(expression)")
      try reader.finish()
    }
  }

  @Test("The longest and deepest conditions survive their binary form") func extremes() throws {
    for expression in [
      "a<b " + String(repeating: "or (a<b and (a<b ", count: 74) + String(repeating: "))", count: 74),
      String(repeating: "not (a<b or ", count: 99) + "a<b" + String(repeating: ")", count: 99),
    ] {
      let condition = try Parse.condition(expression)
      var reader = ByteReader(encoded(condition.encode))
      #expect(try Condition(from: &reader) == condition)
    }
  }

  @Test("Damaged binary forms throw or decode to something, and never trap") func damagedBytes() throws {
    var random = SeededRandom(seed: 11)
    var generator = ConditionGenerator(random: SeededRandom(seed: 12))
    let context = try substitutions()
    let old = generator.item()
    var forms: [[UInt8]] = []
    for _ in 0..<40 { forms.append(encoded(try Parse.condition(generator.condition(depth: 3).text, context).encode)) }
    for expression in Self.updates { forms.append(encoded(try Parse.update(expression).encode)) }
    forms.append(encoded(try Parse.projection("a.b[2].c, a.b[0], #dot").encode))
    for _ in 0..<20_000 {
      let damaged = damage(generator.pick(forms), &random)
      var reader = ByteReader(damaged)
      if let condition = try? Condition(from: &reader) { _ = condition.evaluate(old) }
      reader = ByteReader(damaged)
      if let update = try? UpdateExpression(from: &reader) { _ = try? update.apply(to: old) }
      reader = ByteReader(damaged)
      if let projection = try? Projection(from: &reader) { _ = projection.apply(to: old) }
    }
  }

  @Test("A condition nested beyond any expression is malformed") func bottomlessNesting() {
    var reader = ByteReader(Array(repeating: 2, count: 100_000))
    #expect(throws: MalformedBytes.self) { try Condition(from: &reader) }
    var update = ByteWriter()
    update.count(1)
    DocumentPath(name: [0x61]).encode(into: &update)
    update.u8(0)
    for _ in 0..<10_000 { update.u8(3) }
    reader = ByteReader(update.bytes)
    #expect(throws: MalformedBytes.self) { try UpdateExpression(from: &reader) }
  }

  private func damage(_ form: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var form = form
    for _ in 0...random.below(3) {
      guard !form.isEmpty else { break }
      let position = Int(random.below(UInt64(form.count)))
      switch random.below(4) {
      case 0: form.remove(at: position)
      case 1: form.insert(UInt8(truncatingIfNeeded: random.next()), at: position)
      case 2: form[position] = UInt8(truncatingIfNeeded: random.below(12))
      default: form.removeSubrange(position...)
      }
    }
    return form
  }

  @Test("Damaged texts are refused or accepted, and never trap") func damagedTexts() throws {
    var random = SeededRandom(seed: 21)
    var generator = ConditionGenerator(random: SeededRandom(seed: 22))
    let pieces = [
      "(", ")", "[", "]", ".", ",", "=", "<>", "#a", ":s", "AND", "NOT", "IN", "SET", "size", " ", "é", "0", "+",
    ]
    for _ in 0..<10_000 {
      var text = random.chance(1, in: 2) ? generator.condition(depth: 2).text : generator.pick(Self.updates)
      for _ in 0...random.below(3) {
        let position = text.index(text.startIndex, offsetBy: Int(random.below(UInt64(text.count))))
        if random.chance(1, in: 2), text.count > 1 {
          text.remove(at: position)
        } else {
          text.insert(contentsOf: generator.pick(pieces), at: position)
        }
      }
      _ = try? Parse.condition(text)
      _ = try? Parse.update(text)
      _ = try? Parse.projection(text)
      _ = try? Parse.keyCondition(text)
    }
  }

  @Test("SET, REMOVE, ADD and DELETE on random items match one action at a time") func updatesMatchSteps() throws {
    var generator = ConditionGenerator(random: SeededRandom(seed: 31))
    let actions = [
      "SET a = :one", "REMOVE b", "SET c.d = :x", "REMOVE c.e[0]", "SET c.e[1] = :l", "SET f[9] = :null", "ADD g :two",
      "DELETE a :ts", "ADD b :ns", "REMOVE c.gone",
    ]
    let context = try substitutions()
    var applied = 0
    for _ in 0..<4000 {
      let item = generator.item()
      let (first, second) = (generator.pick(actions), generator.pick(actions))
      guard first.prefix(3) != second.prefix(3), let both = try? Parse.update("\(first) \(second)", context) else {
        continue
      }
      // A removal moves the elements behind it, so it comes last here; no action reads what the other writes.
      let steps = first.hasPrefix("REMOVE") ? [second, first] : [first, second]
      var expected: AttributeMap? = item
      for step in steps { expected = expected.flatMap { try? Parse.update(step, context).apply(to: $0) } }
      let actual = try? both.apply(to: item)
      #expect(actual == expected, "\(first) \(second)")
      applied += actual == nil ? 0 : 1
    }
    #expect(applied > 500)
  }
}
