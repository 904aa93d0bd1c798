import Items
import Testing

@Suite struct JSONReaderTests {
  /// RFC 8259: what a parser has to accept.
  @Test(arguments: [
    "{}", "[]", " { } ", "\t[\n]\r", "null", "true", "false", "0", "-0", "12", "-1.5e+10", "1E5", "1e-5", "\"\"",
    "\"a\\u0000\\n\\/\\\\\\\"\"", "\"\\uD83D\\uDE00\"", "\"\u{10FFFF}\"", "[1,[2,{\"a\":[]}],\"b\"]",
    "{\"\":{\"\":0},\"\":1}",
    "\"\u{7F}\"", "[\"\u{800}\u{FFFF}\"]",
  ])
  func acceptsJSON(_ input: String) throws {
    _ = try JSONValue(parsing: utf8(input))
    try JSONReader.read(utf8(input)) { (reader) throws(ItemError) in try reader.skipValue() }
  }

  @Test(arguments: [
    "", " ", "{", "[", "}", "]", "{]", "[}", "{,}", "[,]", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "{\"a\"}", "{a:1}",
    "{1:2}",
    "[1 2]", "nul", "truE", "TRUE", "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x1", "1 2", "{}{}", "\"", "\"\\",
    "\"\\x\"",
    "\"\\u12\"", "\"\\u12G4\"", "\"\\uD800\"", "\"\\uD800\\n\"", "\"\\uD800\\u0041\"", "\"\\uDC00\"", "\"\n\"",
    "\"\u{1}\"",
    "NaN", "'a'", "[1]x", "\u{FEFF}{}", "{\"a\":}", "{:1}", "habababa", "{{}}", "//", "-a",
  ])
  func refusesWhatIsNotJSON(_ input: String) {
    #expect { try JSONValue(parsing: utf8(input)) } throws: { ($0 as? ItemError)?.kind == .serialization }
    #expect(throws: ItemError.self) {
      try JSONReader.read(utf8(input)) { (reader) throws(ItemError) in try reader.skipValue() }
    }
  }

  /// Overlong forms, surrogates, stray continuations, cut sequences and code points above U+10FFFF.
  @Test(
    arguments: [
      [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xE2, 0x82],
      [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xF0, 0x90, 0x80],
    ] as [[UInt8]])
  func refusesWhatIsNotUTF8(_ bytes: [UInt8]) {
    for padding in 0..<9 {
      let input = [UInt8(ascii: "\"")] + Array(repeating: 0x61, count: padding) + bytes + [UInt8(ascii: "\"")]
      #expect(throws: ItemError.self) { try JSONValue(parsing: input) }
    }
  }

  @Test func nestingIsBounded() throws {
    func nested(_ levels: Int) -> [UInt8] {
      Array(repeating: UInt8(ascii: "["), count: levels) + Array(repeating: UInt8(ascii: "]"), count: levels)
    }
    _ = try JSONValue(parsing: nested(ItemLimits.jsonLevelsMax))
    #expect(throws: ItemError.self) { try JSONValue(parsing: nested(ItemLimits.jsonLevelsMax + 1)) }
    #expect(throws: ItemError.self) { try JSONValue(parsing: nested(100_000)) }
    #expect(throws: ItemError.self) { try JSONValue(parsing: utf8(String(repeating: "{\"a\":", count: 100_000))) }
  }

  /// Seed 501, 20,000 trees: what the writer writes the reader reads, and specials are found at every alignment.
  @Test func treesRoundTrip() throws {
    var random = RandomValues(seed: 501)
    for _ in 0..<20_000 {
      let value = Self.tree(&random, levels: 3)
      var writer = JSONWriter()
      writer.value(value)
      #expect(try JSONValue(parsing: writer.bytes) == value)
    }
  }

  static func tree(_ random: inout RandomValues, levels: Int) -> JSONValue {
    switch random.below(levels > 0 ? 6 : 4) {
    case 0: return .string(random.text(maxLength: 40))
    case 1: return .number(utf8("\(random.below(2000) - 1000)"))
    case 2: return .bool(random.below(2) == 0)
    case 3: return .null
    case 4: return .array((0..<random.below(4)).map { _ in tree(&random, levels: levels - 1) })
    default:
      return .object(
        (0..<random.below(4)).map { _ in .init(name: random.text(), value: tree(&random, levels: levels - 1)) })
    }
  }

  /// Seed 502: every truncation of 300 texts throws; 30,000 mutations never crash, and reading and skipping agree.
  @Test func damageNeverCrashes() {
    var random = RandomValues(seed: 502)
    for round in 0..<30_000 {
      var writer = JSONWriter()
      writer.value(.array([Self.tree(&random, levels: 3)]))
      if round < 300 {
        for length in writer.bytes.indices {
          #expect(throws: ItemError.self) { try JSONValue(parsing: Array(writer.bytes[..<length])) }
        }
      }
      let mutated = random.mutated(writer.bytes)
      let value = try? JSONValue(parsing: mutated)
      let isSkipped =
        (try? JSONReader.read(mutated) { (reader) throws(ItemError) in try reader.skipValue() }) != nil
      #expect((value != nil) == isSkipped)
    }
  }

  @Test func walksAnObject() throws {
    let input =
      #"{"Limit": 12, "Name":"a\"b", "On":true, "Rate":1.5, "Skip":[{"x":[1,2]}], "List":["a","b"], "Lim\u0069t2":null, "Bin":"AQI="}"#
    var seen: [String] = []
    try JSONReader.read(utf8(input)) { (reader) throws(ItemError) in
      try reader.beginObject()
      while let name = try reader.nextKey() {
        seen.append(name.text)
        switch name {
        case "Limit": #expect(try reader.readInteger() == 12)
        case "Name": #expect(try reader.readText() == "a\"b")
        case "On": #expect(try reader.readBool())
        case "Rate": #expect(try reader.readDouble() == 1.5)
        case "Bin": #expect(try reader.readBinary() == [1, 2])
        case "Limit2": #expect(try reader.skipNull())
        case "List":
          var texts: [String] = []
          try reader.beginList()
          while try reader.nextElement() { texts.append(try reader.readText()) }
          #expect(texts == ["a", "b"])
        default: try reader.skipValue()
        }
      }
    }
    #expect(seen == ["Limit", "Name", "On", "Rate", "Skip", "List", "Limit2", "Bin"])
  }

  @Test func aMemberThatIsNotReadIsAnError() {
    #expect(throws: ItemError.self) {
      try JSONReader.read(utf8(#"{"a":1,"b":2}"#)) { (reader) throws(ItemError) in
        try reader.beginObject()
        while try reader.nextKey() != nil {}
      }
    }
  }

  @Test(arguments: [
    ("true", "TRUE_VALUE cannot be converted to String"), ("false", "FALSE_VALUE cannot be converted to String"),
    ("23", "NUMBER_VALUE cannot be converted to String"), ("34.56", "DECIMAL_VALUE cannot be converted to String"),
    ("[]", "Unrecognized collection type class java.lang.String"),
    ("{}", "Start of structure or map found where not expected"),
  ])
  func stringMismatchesHaveDynamoDBsTexts(_ input: String, _ message: String) {
    #expect(throws: ItemError(.serialization, message)) {
      try JSONReader.read(utf8(input)) { (reader) throws(ItemError) in try reader.readString() }
    }
  }

  @Test(arguments: [
    ("\"23\"", "STRING_VALUE cannot be converted to Integer"), ("true", "TRUE_VALUE cannot be converted to Integer"),
    ("[]", "Unrecognized collection type class java.lang.Integer"),
    ("{}", "Start of structure or map found where not expected"),
  ])
  func integerMismatchesHaveDynamoDBsTexts(_ input: String, _ message: String) {
    #expect(throws: ItemError(.serialization, message)) {
      try JSONReader.read(utf8(input)) { (reader) throws(ItemError) in try reader.readInteger() }
    }
  }

  @Test func integersAreCutAndClamped() throws {
    let cases = [
      ("34.99", 34), ("-34.99", -34), ("1e3", 1000), ("9223372036854775807", Int.max), ("1e30", Int.max),
      ("-1e300", Int.min), ("1e999", Int.max),
    ]
    for (input, expected) in cases {
      let value = try JSONReader.read(utf8(input)) { (reader) throws(ItemError) in try reader.readLong() }
      #expect(value == expected)
    }
  }

  @Test func booleansMayBeStrings() throws {
    for (input, expected) in [
      ("\"true\"", true), ("\"YES\"", true), ("\"1\"", true), ("\"No\"", false), ("\"0\"", false),
    ] {
      let value = try JSONReader.read(utf8(input)) { (reader) throws(ItemError) in try reader.readBool() }
      #expect(value == expected)
    }
    let faults = [
      ("\"23\"", "Unexpected token received from parser"), ("23", "NUMBER_VALUE cannot be converted to Boolean"),
      ("34.5", "DECIMAL_VALUE cannot be converted to Boolean"),
      ("[]", "Unrecognized collection type class java.lang.Boolean"),
    ]
    for (input, message) in faults {
      #expect(throws: ItemError(.serialization, message)) {
        try JSONReader.read(utf8(input)) { (reader) throws(ItemError) in try reader.readBool() }
      }
    }
  }

  @Test func writerPlacesCommas() {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("a")
    writer.beginArray()
    writer.integer(-1)
    writer.double(0.5)
    writer.beginObject()
    writer.endObject()
    writer.null()
    writer.endArray()
    writer.key(utf8("b\""))
    writer.string("x\u{1}\u{1F}\u{7F}é\n")
    writer.key("t")
    writer.seconds(milliseconds: 1_500_000_000_250)
    writer.key("o")
    writer.bool(true)
    writer.endObject()
    #expect(
      text(writer.bytes)
        == #"{"a":[-1,0.5,{},null],"b\"":"x\u0001\u001f"# + "\u{7F}é" + #"\n","t":1500000000.25,"o":true}"#)
  }
}
