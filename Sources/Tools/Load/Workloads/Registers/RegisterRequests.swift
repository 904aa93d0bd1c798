public import History
internal import Items

/// The operations of a history as requests of the API, and answers as what a history tells. The register of a key is the
/// number attribute `n` of the item `id`.
public enum RegisterRequests {
  /// An answer of status 200 that no right service gives.
  public struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
    public var description: String
  }

  /// - Parameters:
  ///   - operation: of numbers only.
  ///   - table, key: text that needs no escapes in JSON.
  ///   - consistentRead: of a get; it is told as a get of the newest value in any case.
  public static func call(
    _ operation: HistoryOperation, table: String, key: String, consistentRead: Bool = true
  ) -> Call {
    var call = Call(name(operation), body: body(operation, table: table, key: key, consistentRead))
    call.history = HistoryCall(key: key, operation)
    if case .putIf = operation { call.mayFailCondition = true }
    return call
  }

  public static func name(_ operation: HistoryOperation) -> String {
    switch operation {
    case .put, .putIf: "PutItem"
    case .add: "UpdateItem"
    case .delete: "DeleteItem"
    case .get: "GetItem"
    }
  }

  private static func body(
    _ operation: HistoryOperation, table: String, key: String, _ consistentRead: Bool
  ) -> [UInt8] {
    var body: [UInt8] = []
    body.reserveCapacity(256)
    body.append(#"{"TableName":""#)
    body.append(plain: table)
    switch operation {
    case .put(let value):
      append(item: key, value, to: &body)
    case .putIf(nil, let value):
      append(item: key, value, to: &body)
      body.append(#","ConditionExpression":"attribute_not_exists(id)""#)
    case .putIf(let expected?, let value):
      append(item: key, value, to: &body)
      body.append(#","ConditionExpression":"n = :e""#)
      append(value: ":e", number(expected), to: &body)
    case .add(let amount):
      append(key: key, to: &body)
      body.append(#","UpdateExpression":"ADD n :a","ReturnValues":"UPDATED_NEW""#)
      append(value: ":a", amount, to: &body)
    case .delete: append(key: key, to: &body)
    case .get:
      append(key: key, to: &body)
      if consistentRead { body.append(#","ConsistentRead":true"#) }
    }
    body.append("}")
    return body
  }

  private static func append(key: String, to body: inout [UInt8]) {
    body.append(#"","Key":{"id":{"S":""#)
    body.append(plain: key)
    body.append(#""}}"#)
  }

  private static func append(item key: String, _ value: HistoryValue, to body: inout [UInt8]) {
    body.append(#"","Item":{"id":{"S":""#)
    body.append(plain: key)
    body.append(#""},"n":{"N":""#)
    body.append(signed: number(value))
    body.append(#""}}"#)
  }

  private static func append(value name: StaticString, _ number: Int64, to body: inout [UInt8]) {
    body.append(#","ExpressionAttributeValues":{""#)
    body.append(name)
    body.append(#"":{"N":""#)
    body.append(signed: number)
    body.append(#""}}"#)
  }

  private static func number(_ value: HistoryValue) -> Int64 {
    guard case .number(let number) = value else { fatalError("A load writes numbers into registers only.") }
    return number
  }

  /// What an answer of status 200 tells.
  ///
  /// - Throws: ``Fault`` where it is not the answer of that operation.
  public static func output(of operation: HistoryOperation, answer: [UInt8]) throws(Fault) -> HistoryOutput {
    switch operation {
    case .put, .delete: return .none
    case .putIf: return .applied(true)
    case .add: return .value(try number(try parsed(answer)["Attributes"], answer))
    case .get:
      guard let item = try parsed(answer)["Item"] else { return .value(nil) }
      return .value(try number(item, answer))
    }
  }

  private static func parsed(_ answer: [UInt8]) throws(Fault) -> JSONValue {
    do {
      return try JSONValue(parsing: answer)
    } catch {
      throw Fault(description: "an answer is no JSON: \(error.message)")
    }
  }

  private static func number(_ attributes: JSONValue?, _ answer: [UInt8]) throws(Fault) -> HistoryValue {
    guard let number = (attributes?["n"]?["N"]?.text).flatMap({ Int64($0) }) else {
      throw Fault(description: "an answer has no number: \(String(decoding: answer, as: UTF8.self))")
    }
    return .number(number)
  }
}

extension [UInt8] {
  fileprivate mutating func append(signed value: Int64) {
    if value < 0 { append(UInt8(ascii: "-")) }
    append(decimal: value.magnitude)
  }
}
