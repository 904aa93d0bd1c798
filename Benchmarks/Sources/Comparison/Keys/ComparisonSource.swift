public import Load

/// What is done with a key.
enum Verb: String, Sendable { case put, get }

/// How a system is asked.
enum Dialect: Sendable { case dynamoDB, etcd }

/// The operations of one case for one system. Two sources of the same case and seed name the same keys in the same order
/// and put the same values, whatever the dialect.
public struct ComparisonSource: OperationSource {
  static let valueBytes = 512
  static let table = "compare"

  public let kinds: [String]
  private let verb: Verb
  private let dialect: Dialect
  private var keys: KeySequence
  private var number: UInt64 = 0
  private let template: DynamoBody

  init(_ verb: Verb, _ space: KeySpace, _ dialect: Dialect) {
    kinds = [verb.rawValue]
    self.verb = verb
    self.dialect = dialect
    keys = KeySequence(space)
    template = DynamoBody(table: Self.table)
  }

  public mutating func next() -> Operation {
    let key = keys.nextKey()
    number += 1
    let call: Call
    switch (dialect, verb) {
    case (.etcd, .put): call = EtcdCalls.put(key, Self.value(number))
    case (.etcd, .get): call = EtcdCalls.get(key)
    case (.dynamoDB, .put): call = Call("PutItem", body: template.put(key, Self.value(number)))
    case (.dynamoDB, .get): call = Call("GetItem", body: template.get(key))
    }
    return Operation(kind: 0, call)
  }

  /// 512 bytes of visible ASCII, of which the first sixteen tell the number: no two values are alike.
  static func value(_ number: UInt64) -> [UInt8] {
    var bytes = [UInt8](repeating: UInt8(ascii: "v"), count: valueBytes)
    for place in 0..<16 { bytes[place] = UInt8(ascii: "a") + UInt8(number >> UInt64(60 - 4 * place) & 15) }
    return bytes
  }
}

/// Bodies of the DynamoDB API, put together from pieces that are made once.
struct DynamoBody: Sendable {
  private let putStart: [UInt8]
  private let putMiddle = Array(#""},"v":{"S":""#.utf8)
  private let putEnd = Array(#""}}}"#.utf8)
  private let getStart: [UInt8]
  private let getEnd = Array(#""}},"ConsistentRead":true}"#.utf8)

  init(table: String) {
    putStart = Array(#"{"TableName":"\#(table)","Item":{"pk":{"S":""#.utf8)
    getStart = Array(#"{"TableName":"\#(table)","Key":{"pk":{"S":""#.utf8)
  }

  func put(_ key: [UInt8], _ value: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(putStart.count + key.count + putMiddle.count + value.count + putEnd.count)
    bytes += putStart
    bytes += key
    bytes += putMiddle
    bytes += value
    bytes += putEnd
    return bytes
  }

  func get(_ key: [UInt8]) -> [UInt8] { getStart + key + getEnd }
}
