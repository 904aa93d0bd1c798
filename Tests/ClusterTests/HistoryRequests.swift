import Client
import History
import Items

/// The operations of a history as requests of the API, and answers as what a history tells. The register of a key is the
/// number attribute `n` of the item `id`.
enum HistoryRequests {
  static func name(_ operation: HistoryOperation) -> String {
    switch operation {
    case .put, .putIf: "PutItem"
    case .add: "UpdateItem"
    case .delete: "DeleteItem"
    case .get: "GetItem"
    }
  }

  static func body(_ operation: HistoryOperation, table: String, key: String) throws -> [UInt8] {
    let name = #""TableName":"\#(table)""#
    let id = #""Key":{"id":{"S":"\#(key)"}}"#
    switch operation {
    case .put(let value):
      return Requests.bytes("{\(name),\(try item(key, value))}")
    case .putIf(nil, let value):
      return Requests.bytes(#"{\#(name),\#(try item(key, value)),"ConditionExpression":"attribute_not_exists(id)"}"#)
    case .putIf(let expected?, let value):
      return Requests.bytes(
        #"{\#(name),\#(try item(key, value)),"ConditionExpression":"n = :e","#
          + #""ExpressionAttributeValues":{":e":{"N":"\#(try number(expected))"}}}"#)
    case .add(let amount):
      return Requests.bytes(
        #"{\#(name),\#(id),"UpdateExpression":"ADD n :a","ReturnValues":"UPDATED_NEW","#
          + #""ExpressionAttributeValues":{":a":{"N":"\#(amount)"}}}"#)
    case .delete: return Requests.bytes("{\(name),\(id)}")
    case .get: return Requests.bytes(#"{\#(name),\#(id),"ConsistentRead":true}"#)
    }
  }

  private static func item(_ key: String, _ value: HistoryValue) throws -> String {
    #""Item":{"id":{"S":"\#(key)"},"n":{"N":"\#(try number(value))"}}"#
  }

  private static func number(_ value: HistoryValue) throws -> Int64 {
    guard case .number(let number) = value else { throw Failure(text: "a load writes numbers only") }
    return number
  }

  /// What an answer of status 200 tells. Throws where it is not the answer of that operation.
  static func output(_ operation: HistoryOperation, _ answer: [UInt8]) throws -> HistoryOutput {
    let json = try JSONValue(parsing: answer)
    switch operation {
    case .put, .delete: return .none
    case .putIf: return .applied(true)
    case .add: return .value(try number(json["Attributes"], answer))
    case .get:
      guard let item = json["Item"] else { return .value(nil) }
      return .value(try number(item, answer))
    }
  }

  private static func number(_ attributes: JSONValue?, _ answer: [UInt8]) throws -> HistoryValue {
    guard let number = (attributes?["n"]?["N"]?.text).flatMap({ Int64($0) }) else {
      throw Failure(text: "an answer has no number: \(String(decoding: answer, as: UTF8.self))")
    }
    return .number(number)
  }

  /// What an error tells of a write. Throws for an error that a right request never gets.
  static func result(of error: CallError) throws -> (outcome: HistoryOutcome, output: HistoryOutput) {
    switch error {
    case .service(let failure):
      switch (failure.status, failure.code) {
      case (400, "ConditionalCheckFailedException"): return (.ok, .applied(false))
      // Both promise that the request had no effect.
      case (400, "ThrottlingException"), (503, _): return (.fail, .none)
      case (500, _): return (.unknown, .none)
      default: throw Failure(text: "a request of a load was refused: \(failure)")
      }
    case .transport(let failure):
      // Nothing was sent where there was no connection.
      return (failure.code == .connect ? .fail : .unknown, .none)
    }
  }
}
