import Bytes
import Environment
import Items
import Testing

@Suite struct NumberTests {
  static func number(_ text: String) throws(NumberError) -> Number { try Number(parsing: utf8(text)) }

  @Test(arguments: [
    ("0", "0"), ("-0", "0"), ("0.000", "0"), ("0e126", "0"), ("0.0e-999", "0"), ("1E2", "100"), ("1.50", "1.5"),
    ("+3", "3"), (".123", "0.123"), ("1.", "1"), ("0001.23", "1.23"), ("1e+5", "100000"),
    ("-17.4E37", "-174" + String(repeating: "0", count: 36)),
    ("-7.1234", "-7.1234"), ("100", "100"), ("0.1e126", "1" + String(repeating: "0", count: 125)),
    ("1e-130", "0." + String(repeating: "0", count: 129) + "1"),
    ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
    (
      "9.9999999999999999999999999999999999999E+125",
      String(repeating: "9", count: 38) + String(repeating: "0", count: 88)
    ),
    ("1.0000000000000000000000000000000000000000000000", "1"), ("10000000000000000000", "10000000000000000000"),
  ])
  func printsPlainDecimal(_ text: String, _ expected: String) throws {
    #expect(try Self.number(text).description == expected)
  }

  @Test(arguments: [
    "abc", "NaN", "Infinity", "-Infinity", "-NaN", "-dog", " 1", "1 ", "1e", "1e+", ".", "-", "+", "--1", "1.2.3",
    "0x10",
    "1e5.0", "e5", "1,000", "1_0", "１",
  ])
  func refusesWhatIsNoNumberWithItsText(_ input: String) {
    #expect(throws: NumberError.notNumeric(utf8(input))) { try Self.number(input) }
    #expect(
      NumberError.notNumeric(utf8(input)).message == "The parameter cannot be converted to a numeric value: \(input)")
  }

  @Test func errorTextsAreDynamoDBs() {
    #expect(throws: NumberError.notNumeric(nil)) { try Self.number("") }
    #expect(NumberError.notNumeric(nil).message == "The parameter cannot be converted to a numeric value")
    #expect(NumberError.tooManyDigits.message == "Attempting to store more than 38 significant digits in a Number")
    #expect(
      NumberError.overflow.message
        == "Number overflow. Attempting to store a number with magnitude larger than supported range")
    #expect(
      NumberError.underflow.message
        == "Number underflow. Attempting to store a number with magnitude smaller than supported range")
  }

  @Test func rangeIsCheckedBeforePrecision() {
    let digits = String(repeating: "1", count: 39)
    for text in ["1e126", "-11e125", "1.0e100000000", "1e99999999999999999999", digits + "e100"] {
      #expect(throws: NumberError.overflow) { try Self.number(text) }
    }
    for text in ["1e-131", "0.9e-130", "-1e-99999999999999999999", digits + "e-180"] {
      #expect(throws: NumberError.underflow) { try Self.number(text) }
    }
    for text in ["3.14159265358979323846264338327950288419", digits, "1" + String(repeating: "0", count: 38) + "1"] {
      #expect(throws: NumberError.tooManyDigits) { try Self.number(text) }
    }
  }

  /// Seed 101, 30,000 texts: the value, the notation and the refusals agree with the model.
  @Test func parsingAgreesWithTheModel() throws {
    var random = RandomValues(seed: 101)
    for _ in 0..<30_000 {
      var model = DecimalModel()
      let count = 1 + random.below(random.below(4) == 0 ? 60 : 40)
      let point = random.below(count + 1)
      let power = random.below(3) == 0 ? random.below(320) - 160 : random.below(60) - 30
      var input = ""
      let sign = random.below(3)
      if sign > 0 { input += sign == 1 ? "-" : "+" }
      for index in 0..<count {
        if index == point { input += "." }
        let digit = random.below(3) == 0 ? 0 : random.below(10)
        input += "\(digit)"
        model[point - 1 - index + power] = digit
      }
      if power != 0 || random.below(2) == 0 { input += (random.below(2) == 0 ? "e" : "E") + "\(power)" }
      model.isNegative = sign == 1 && model.top != nil
      do {
        let number = try Self.number(input)
        #expect(model.fault == nil, "\(input)")
        #expect(number.description == model.description, "\(input)")
      } catch {
        #expect(model.fault == error, "\(input)")
      }
    }
  }

  /// Seed 102, 30,000 numbers: print and parse, encode and decode give the same number again.
  @Test func notationAndEncodingRoundTrip() throws {
    var random = RandomValues(seed: 102)
    for _ in 0..<30_000 {
      let number = random.number()
      #expect(try Self.number(number.description) == number)
      var writer = ByteWriter()
      number.append(orderedTo: &writer.bytes)
      writer.u8(7)
      var reader = ByteReader(writer.bytes)
      #expect(try Number(ordered: &reader) == number)
      #expect(reader.remaining == 1)
      #expect(writer.count <= 22)
    }
  }

  /// Seed 103, 20,000 pairs: `<` and the order of the encodings agree with the model, and `==` with both.
  @Test func orderAgreesWithTheModel() {
    var random = RandomValues(seed: 103)
    for _ in 0..<20_000 {
      let left = random.number()
      let right = random.below(4) == 0 ? Self.neighbour(of: left, &random) : random.number()
      let expected = DecimalModel.isBelow(DecimalModel(left), DecimalModel(right))
      #expect((left < right) == expected, "\(left) \(right)")
      var (leftBytes, rightBytes): ([UInt8], [UInt8]) = ([], [])
      left.append(orderedTo: &leftBytes)
      right.append(orderedTo: &rightBytes)
      #expect(ByteOrder.precedes(leftBytes, rightBytes) == expected, "\(left) \(right)")
      #expect((left == right) == (leftBytes == rightBytes))
    }
  }

  /// Shares the first digits of `number`.
  static func neighbour(of number: Number, _ random: inout RandomValues) -> Number {
    (try? number + random.number()) ?? -number
  }

  /// Seed 104, 20,000 pairs: sum and difference are exact or refused as the model says.
  @Test func arithmeticAgreesWithTheModel() {
    var random = RandomValues(seed: 104)
    for _ in 0..<20_000 {
      let left = random.number()
      let near = try? Self.number("\(random.below(2) == 0 ? "-" : "")\(1 + random.below(999))e\(random.below(40) - 20)")
      let right = random.below(2) == 0 ? random.number() : near ?? .zero
      Self.check(DecimalModel.sum(DecimalModel(left), DecimalModel(right)), "\(left) + \(right)") { try left + right }
      var negated = DecimalModel(right)
      negated.isNegative.toggle()
      Self.check(DecimalModel.sum(DecimalModel(left), negated), "\(left) - \(right)") { try left - right }
    }
  }

  static func check(_ model: DecimalModel, _ what: String, _ compute: () throws -> Number) {
    // DynamoDB calls a result with too many digits an overflow.
    let fault = model.fault == .tooManyDigits ? .overflow : model.fault
    do {
      let result = try compute()
      #expect(fault == nil, "\(what)")
      #expect(result.description == model.description, "\(what)")
    } catch {
      #expect(fault == error as? NumberError, "\(what)")
    }
  }

  @Test func arithmeticAtTheEdges() throws {
    let most = try Self.number("9.9999999999999999999999999999999999999e125")
    let least = try Self.number("1e-130")
    #expect(throws: NumberError.overflow) { try most + most }
    #expect(throws: NumberError.overflow) { try Self.number("9e125") - Self.number("-9e125") }
    #expect(throws: NumberError.overflow) { try Self.number("1e50") + Number(1) }
    #expect(throws: NumberError.overflow) { try Self.number("1e50") - Number(1) }
    #expect(throws: NumberError.underflow) { try Self.number("1.1e-130") - least }
    #expect(try most - most == .zero)
    #expect(try Self.number("9e125") + Self.number("9e124") == Self.number("9.9e125"))
    let nines = try Self.number(String(repeating: "9", count: 38))
    #expect(try (nines + Number(1)).description == "1" + String(repeating: "0", count: 38))
    #expect(throws: NumberError.overflow) { try nines + Self.number("0.1") }
    #expect(try Number(1) + Self.number("10000000000000000000000") == Self.number("10000000000000000000001"))
  }

  @Test func integersConvertBothWays() throws {
    for value in [0, 1, -1, 10, 1_000_000, Int.max, Int.min, Int.min + 1, 4_000_000_000_000_000_000] {
      #expect(Number(value).integer == value)
      #expect(Number(value).description == "\(value)")
    }
    for input in ["0.5", "9223372036854775808", "-9223372036854775809", "1e19", "1e40", "1e18000"] {
      #expect((try? Self.number(input))?.integer == nil)
    }
    #expect(try Self.number("1e18").integer == 1_000_000_000_000_000_000)
  }

  /// Seed 105, 40,000 mutations: a damaged encoding throws, or is the one encoding of another number.
  @Test func damagedEncodingsNeverCrashAndStayCanonical() {
    var random = RandomValues(seed: 105)
    for _ in 0..<40_000 {
      var bytes: [UInt8] = []
      random.number().append(orderedTo: &bytes)
      var reader = ByteReader(random.mutated(bytes))
      guard let number = try? Number(ordered: &reader) else { continue }
      var again: [UInt8] = []
      number.append(orderedTo: &again)
      #expect(again == Array(reader.bytes[..<reader.position]))
    }
  }
}
