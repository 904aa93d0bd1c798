internal import Bytes
internal import Expressions
internal import Items
internal import Testing

func text(_ value: String) -> AttributeValue { .string(Array(value.utf8)) }

func bytes(_ value: String) -> AttributeValue { .binary(Array(value.utf8)) }

func number(_ value: String) -> AttributeValue { .number(decimal(value)) }

func decimal(_ value: String) -> Number {
  do { return try Number(parsing: Array(value.utf8)) } catch { fatalError("A test's number is malformed.") }
}

func texts(_ values: String...) -> AttributeValue { AttributeValue.makeStringSet(values.map { Array($0.utf8) })! }

func numbers(_ values: String...) -> AttributeValue { AttributeValue.makeNumberSet(values.map(decimal))! }

func binaries(_ values: String...) -> AttributeValue { AttributeValue.makeBinarySet(values.map { Array($0.utf8) })! }

func list(_ values: AttributeValue...) -> AttributeValue { .list(values) }

func map(_ elements: KeyValuePairs<String, AttributeValue>) -> AttributeValue { .map(item(elements)) }

func item(_ elements: KeyValuePairs<String, AttributeValue>) -> AttributeMap {
  AttributeMap(elements.map { AttributeMap.Element(name: Array($0.key.utf8), value: $0.value) })
}

func context(
  names: KeyValuePairs<String, String>? = nil, values: KeyValuePairs<String, AttributeValue>? = nil
) throws(ExpressionError) -> ExpressionContext {
  try ExpressionContext(
    names: names.map { $0.map { (placeholder: Array($0.key.utf8), name: Array($0.value.utf8)) } },
    values: values.map(item))
}

/// A request's substitutions, enough for most expressions of these tests.
func sampleContext() -> ExpressionContext {
  do {
    return try context(
      names: ["#a": "a", "#b": "b", "#dot": "x.y", "#odd": "[3]"],
      values: [
        ":s": text("s"), ":t": text("t"), ":n": number("1"), ":m": number("2"), ":b": bytes("b"), ":bool": .bool(true),
        ":null": .null, ":ss": texts("a"), ":ns": numbers("1"), ":bs": binaries("a"), ":l": list(), ":map": map([:]),
        ":S": text("S"),
      ])
  } catch { fatalError("The sample substitutions are refused: \(error.message)") }
}

enum Parse {
  static func condition(_ expression: String, _ context: ExpressionContext = sampleContext()) throws(ExpressionError)
    -> Condition
  {
    var context = context
    return try Condition.parse(Array(expression.utf8), role: .condition, context: &context)
  }

  static func update(_ expression: String, _ context: ExpressionContext = sampleContext()) throws(ExpressionError)
    -> UpdateExpression
  {
    var context = context
    return try UpdateExpression.parse(Array(expression.utf8), context: &context)
  }

  static func projection(_ expression: String, _ context: ExpressionContext = sampleContext()) throws(ExpressionError)
    -> Projection
  {
    var context = context
    return try Projection.parse(Array(expression.utf8), context: &context)
  }

  static func keyCondition(_ expression: String, _ context: ExpressionContext = sampleContext()) throws(ExpressionError)
    -> KeyConditions
  {
    var context = context
    return try KeyConditionExpression.parse(Array(expression.utf8), context: &context).conditions()
  }
}

/// The message with which `body` refuses an expression; nil where it accepts it.
func refusal<Result>(_ body: () throws(ExpressionError) -> Result) -> String? {
  do {
    _ = try body()
    return nil
  } catch { return error.message }
}

func encoded(_ write: (inout ByteWriter) -> Void) -> [UInt8] {
  var writer = ByteWriter()
  write(&writer)
  return writer.bytes
}
