import Bytes
import Items
import Testing

@Suite struct AttributeJSONTests {
  static func item(_ json: String) throws -> AttributeMap { try item(utf8(json)) }

  static func item(_ json: [UInt8]) throws -> AttributeMap {
    try JSONReader.read(json) { (reader) throws(ItemError) in try reader.readItem() }.decode()
  }

  static func value(_ json: String) throws -> AttributeValue {
    try JSONReader.read(utf8(json)) { (reader) throws(ItemError) in try reader.readAttributeValue() }
  }

  @Test func everyTypeHasItsWireForm() throws {
    let json =
      #"{"a":{"S":"x\"é"},"b":{"N":"-1.5"},"c":{"B":"AP8="},"d":{"BOOL":true},"e":{"BOOL":false},"f":{"NULL":true},"#
      + #""g":{"SS":["","a"]},"h":{"NS":["-1","2"]},"i":{"BS":["","AQ=="]},"#
      + #""j":{"L":[{"S":""},{"L":[]}]},"k":{"M":{"x":{"M":{}},"y":{"N":"0"}}}}"#
    let map = try Self.item(json)
    #expect(map[utf8("a")] == .text("x\"é"))
    #expect(map[utf8("b")] == .number(try Number(parsing: utf8("-1.5"))))
    #expect(map[utf8("c")] == .binary([0, 255]))
    #expect(map[utf8("d")] == .bool(true))
    #expect(map[utf8("f")] == .null)
    #expect(map[utf8("g")] == .stringSet([[], utf8("a")]))
    #expect(map[utf8("h")] == .numberSet([Number(-1), Number(2)]))
    #expect(map[utf8("i")] == .binarySet([[], [1]]))
    #expect(map[utf8("j")] == .list([.text(""), .list([])]))
    #expect(map.count == 11)
    var writer = JSONWriter()
    try writer.item(EncodedItem(map))
    #expect(text(writer.bytes) == json)
    writer = JSONWriter()
    writer.item(map)
    #expect(text(writer.bytes) == json)
  }

  /// Seed 601, 10,000 items: what is written is read as the same bytes.
  @Test func itemsRoundTrip() throws {
    var random = RandomValues(seed: 601)
    for _ in 0..<10_000 {
      let item = EncodedItem(random.map())
      var writer = JSONWriter()
      try writer.item(item)
      let again = try JSONReader.read(writer.bytes) { (reader) throws(ItemError) in try reader.readItem() }
      #expect(again == item)
    }
  }

  /// Seed 602, 10,000 items: a client's order, spaces and escapes do not matter.
  @Test func orderSpacesAndEscapesDoNotMatter() throws {
    var random = RandomValues(seed: 602)
    for _ in 0..<10_000 {
      let map = random.map()
      var text: [UInt8] = []
      ShuffledJSON.append(.map(map), to: &text, &random)
      let value = try JSONReader.read(text) { (reader) throws(ItemError) in try reader.readAttributeValue() }
      #expect(value == .map(map))
      #expect(EncodedItem(map).bytes == Array(Self.encoded(value).dropFirst(5)))
    }
  }

  static func encoded(_ value: AttributeValue) -> [UInt8] {
    var writer = ByteWriter()
    value.encode(into: &writer)
    return writer.bytes
  }

  /// Seed 603: every truncation of 200 items and 30,000 mutations: an error or a canonical item, never a crash.
  @Test func damageNeverCrashes() throws {
    var random = RandomValues(seed: 603)
    for round in 0..<30_000 {
      var writer = JSONWriter()
      writer.item(random.map())
      if round < 200 {
        for length in writer.bytes.indices {
          #expect(throws: ItemError.self) { try Self.item(Array(writer.bytes[..<length])) }
        }
      }
      let mutated = random.mutated(writer.bytes)
      guard let item = try? JSONReader.read(mutated, { (reader) throws(ItemError) in try reader.readItem() }) else {
        continue
      }
      #expect(try EncodedItem(item.decode()) == item)
    }
  }

  @Test func theLastOfEqualNamesStays() throws {
    let map = try Self.item(#"{"b":{"N":"1"},"a":{"S":"first"},"b":{"N":"2"},"a":{"S":"last, longer"},"b":{"N":"3"}}"#)
    #expect(map[utf8("a")] == .text("last, longer"))
    #expect(map[utf8("b")] == .number(Number(3)))
    #expect(map.count == 2)
  }

  @Test func unknownTypesAndNullsAreAbsent() throws {
    #expect(try Self.value(#"{"X":[{}],"S":"a","N":null}"#) == .text("a"))
    #expect(try Self.value(#"{"\u0053":"a"}"#) == .text("a"))
  }

  @Test(arguments: [
    (#"{}"#, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
    (#"{"a":""}"#, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
    (#"{"S":null}"#, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
    (#"{"L":[null]}"#, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
    (#"{"L":[{"S":"x"},{}]}"#, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
    (
      #"{"S":"a","N":"1"}"#,
      "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
    ),
    (#"{"S":"a","N":"b"}"#, "The parameter cannot be converted to a numeric value: b"),
    (#"{"N":""}"#, "The parameter cannot be converted to a numeric value"),
    (#"{"NS":["1",""]}"#, "The parameter cannot be converted to a numeric value"),
    (#"{"N":"1e126"}"#, "Number overflow. Attempting to store a number with magnitude larger than supported range"),
    (
      #"{"NULL":false}"#,
      "One or more parameter values were invalid: Null attribute value types must have the value of true"
    ),
    (#"{"SS":[]}"#, "One or more parameter values were invalid: An string set  may not be empty"),
    (#"{"NS":[]}"#, "One or more parameter values were invalid: An number set  may not be empty"),
    (#"{"BS":[]}"#, "One or more parameter values were invalid: Binary sets should not be empty"),
    (
      #"{"SS":["a","b","a"]}"#,
      "One or more parameter values were invalid: Input collection [a, b, a] contains duplicates."
    ),
    (#"{"NS":["1","2","1.0"]}"#, "Input collection contains duplicates"),
    (
      #"{"BS":["Yg==","Yg=="]}"#,
      "One or more parameter values were invalid: Input collection [Yg==, Yg==]of type BS contains duplicates."
    ),
  ])
  func valuesAreRefusedWithDynamoDBsTexts(_ json: String, _ message: String) {
    #expect(throws: ItemError(.validation, message)) { try Self.value(json) }
    #expect(throws: ItemError(.validation, message)) { try Self.item(#"{"z":{"M":{"y":\#(json)}},"a":{"S":"x"}}"#) }
  }

  @Test(arguments: [
    (#"{"S":1}"#, "NUMBER_VALUE cannot be converted to String"),
    (#"{"N":1.5}"#, "DECIMAL_VALUE cannot be converted to String"),
    (#"{"S":true}"#, "TRUE_VALUE cannot be converted to String"),
    (#"{"S":{}}"#, "Start of structure or map found where not expected"),
    (#"{"S":[]}"#, "Unrecognized collection type class java.lang.String"),
    (#"{"B":1}"#, "only base-64-encoded strings are convertible to bytes"),
    (#"{"B":[]}"#, "Unrecognized collection type class java.nio.ByteBuffer"),
    (#"{"B":"23456"}"#, "Base64 encoded length is expected a multiple of 4 bytes but found: 5"),
    (#"{"BOOL":"x"}"#, "Unexpected token received from parser"),
    (#"{"SS":"a"}"#, "Unexpected field type"), (#"{"SS":{}}"#, "Start of structure or map found where not expected"),
    (#"{"SS":[1]}"#, "NUMBER_VALUE cannot be converted to String"), (#"{"L":1}"#, "Unexpected field type"),
    (#"{"L":["a"]}"#, "Unexpected value type in payload"), (#"{"M":"a"}"#, "Unexpected field type"),
    (
      #"{"M":[]}"#,
      "Unrecognized collection type java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>"
    ),
    (#"{"M":{"a":[]}}"#, "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue"),
    (#""a""#, "Unexpected value type in payload"),
  ])
  func typesAreRefusedWithDynamoDBsTexts(_ json: String, _ message: String) {
    #expect(throws: ItemError(.serialization, message)) { try Self.value(json) }
    // A fault of a value before it does not hide it.
    #expect(throws: ItemError(.serialization, message)) { try Self.item(#"{"a":{"N":"x"},"b":\#(json)}"#) }
  }

  @Test func aValidationErrorLeavesTheReaderBehindTheValue() throws {
    try JSONReader.read(utf8(#"{"Item":{"a":{},"b":{"S":"x"}},"Next":7}"#)) { (reader) throws(ItemError) in
      try reader.beginObject()
      while let name = try reader.nextKey() {
        switch name {
        case "Item":
          do throws(ItemError) {
            _ = try reader.readItem()
            Issue.record("An empty value was accepted.")
          } catch {
            #expect(error.kind == .validation)
          }
        case "Next": #expect(try reader.readInteger() == 7)
        default: Issue.record("The reader lost its place.")
        }
      }
    }
  }

  @Test func attributesNestUpToThirtyTwoLevels() throws {
    func nested(_ levels: Int) -> String {
      (0..<levels).reduce(#"{"S":"x"}"#) { $1 % 2 == 0 ? #"{"L":[\#($0)]}"# : #"{"M":{"a":\#($0)}}"# }
    }
    #expect(try Self.value(nested(31)).nestingLevels == 32)
    #expect(try Self.value(#"{"L":[]}"#).nestingLevels == 1)
    for levels in [32, 33, 50] {
      #expect(
        throws: ItemError(
          .validation,
          "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
        )
      ) { try Self.value(nested(levels)) }
    }
    #expect { try Self.value(nested(1000)) } throws: { ($0 as? ItemError)?.kind == .serialization }
  }

  @Test func manyAttributesInAnyOrderAreSorted() throws {
    var random = RandomValues(seed: 604)
    let names = (0..<500).map { "n\($0)" }.shuffled(using: &random.random)
    let map = try Self.item("{" + names.map { #""\#($0)":{"S":"\#($0)"}"# }.joined(separator: ",") + "}")
    #expect(map.elements.map { text($0.name) } == names.sorted())
    for name in names { #expect(map[utf8(name)] == .text(name)) }
  }

  @Test func damagedItemsAreNotWritten() {
    var writer = JSONWriter()
    writer.beginArray()
    writer.integer(1)
    #expect(throws: MalformedBytes.self) { try writer.item(EncodedItem(trusted: [1, 0x61, 1, 1, 0x62, 1, 0x62, 99])) }
    writer.attributeValue(.null)
    writer.endArray()
    #expect(text(writer.bytes) == #"[1,{"NULL":true}]"#)
  }
}

/// A dumb writer of attribute JSON with members in any order, spaces anywhere and needless escapes.
enum ShuffledJSON {
  static func append(_ value: AttributeValue, to json: inout [UInt8], _ random: inout RandomValues) {
    json += utf8("{")
    space(&json, &random)
    string(utf8("\(value.typeName)"), to: &json, &random)
    space(&json, &random)
    json += utf8(":")
    space(&json, &random)
    switch value {
    case .string(let text): string(text, to: &json, &random)
    case .number(let number): string(utf8("\(number)"), to: &json, &random)
    case .binary(let data): string(Base64.encode(data), to: &json, &random)
    case .bool(let flag): json += utf8("\(flag)")
    case .null: json += utf8("true")
    case .stringSet(let values): list(values, to: &json, &random) { string($0, to: &$1, &$2) }
    case .numberSet(let values): list(values, to: &json, &random) { string(utf8("\($0)"), to: &$1, &$2) }
    case .binarySet(let values): list(values, to: &json, &random) { string(Base64.encode($0), to: &$1, &$2) }
    case .list(let values):
      list(values, to: &json, &random, brackets: "[]", shuffled: false) { append($0, to: &$1, &$2) }
    case .map(let map):
      list(map.elements, to: &json, &random, brackets: "{}") {
        string($0.name, to: &$1, &$2)
        $1 += utf8(" : ")
        append($0.value, to: &$1, &$2)
      }
    }
    space(&json, &random)
    json += utf8("}")
  }

  static func list<Element>(
    _ elements: [Element], to json: inout [UInt8], _ random: inout RandomValues, brackets: String = "[]",
    shuffled: Bool = true, _ element: (Element, inout [UInt8], inout RandomValues) -> Void
  ) {
    json.append(brackets.utf8.first!)
    let order = shuffled ? elements.shuffled(using: &random.random) : elements
    for (index, value) in order.enumerated() {
      if index > 0 { json += utf8(",") }
      space(&json, &random)
      element(value, &json, &random)
      space(&json, &random)
    }
    json.append(brackets.utf8.last!)
  }

  static func space(_ json: inout [UInt8], _ random: inout RandomValues) {
    for _ in 0..<random.below(3) { json.append([0x20, 0x09, 0x0A, 0x0D][random.below(4)]) }
  }

  static func string(_ text: [UInt8], to json: inout [UInt8], _ random: inout RandomValues) {
    json += utf8("\"")
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      if scalar.value < 0x20 || scalar == "\"" || scalar == "\\" || random.below(5) == 0 {
        for unit in String(scalar).utf16 {
          let hex = String(unit, radix: 16, uppercase: random.below(2) == 0)
          json += utf8("\\u" + String(repeating: "0", count: 4 - hex.count) + hex)
        }
      } else {
        json += Array(String(scalar).utf8)
      }
    }
    json += utf8("\"")
  }
}
