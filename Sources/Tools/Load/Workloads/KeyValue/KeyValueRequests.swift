internal import Environment

/// The requests of a key-value workload on the DynamoDB API. Items have the key `id` and the texts `field0`, `field1`, …
struct KeyValueRequests: Sendable {
  let settings: KeyValueSettings
  /// From the brace up to the key's value.
  private let itemHead: [UInt8]
  private let keyHead: [UInt8]
  private let scanHead: [UInt8]
  private let readTail: [UInt8]
  /// From the end of one value to the beginning of the next.
  private let fieldHeads: [[UInt8]]
  private let updateMiddles: [[UInt8]]

  init(_ settings: KeyValueSettings) {
    self.settings = settings
    let table = #"{"TableName":"\#(settings.table)","#
    itemHead = Array(#"\#(table)"Item":{"id":{"S":""#.utf8)
    keyHead = Array(#"\#(table)"Key":{"id":{"S":""#.utf8)
    scanHead = Array(#"\#(table)"ExclusiveStartKey":{"id":{"S":""#.utf8)
    readTail = Array((settings.consistentRead ? #""}},"ConsistentRead":true}"# : #""}}}"#).utf8)
    fieldHeads = (0..<settings.fields).map { Array(#""},"field\#($0)":{"S":""#.utf8) }
    updateMiddles = (0..<settings.fields).map {
      Array(#""}},"UpdateExpression":"SET field\#($0) = :v","ExpressionAttributeValues":{":v":{"S":""#.utf8)
    }
  }

  private func body(_ head: [UInt8], _ key: Int, more: Int = 0) -> [UInt8] {
    var body: [UInt8] = []
    body.reserveCapacity(head.count + 48 + more)
    body.append(contentsOf: head)
    KeyName.append(key, to: &body)
    return body
  }

  func read(_ key: Int) -> Call {
    var body = body(keyHead, key)
    body.append(contentsOf: readTail)
    return Call("GetItem", body: body)
  }

  func put(_ key: Int, _ random: inout SeededRandom) -> Call {
    var body = body(itemHead, key, more: settings.fields * (settings.fieldBytes + 24))
    appendFields(&random, to: &body)
    body.append(#""}}}"#)
    return Call("PutItem", body: body)
  }

  func update(_ key: Int, field: Int, _ random: inout SeededRandom) -> Call {
    let middle = updateMiddles[field]
    var body = body(keyHead, key, more: middle.count + settings.fieldBytes)
    body.append(contentsOf: middle)
    FieldText.append(settings.fieldBytes, &random, to: &body)
    body.append(#""}}}"#)
    return Call("UpdateItem", body: body)
  }

  /// The next `count` items after a key, in the order of the service.
  func scan(after key: Int, count: Int) -> Call {
    var body = body(scanHead, key)
    body.append(#""}},"Limit":"#)
    body.append(decimal: UInt64(count))
    if settings.consistentRead { body.append(#","ConsistentRead":true"#) }
    body.append("}")
    return Call("Scan", body: body)
  }

  /// A record as the workload begins with it, as a request within `BatchWriteItem`.
  func appendRow(_ key: Int, seed: UInt64, to body: inout [UInt8]) {
    var random = SeededRandom(seed: KeyName.hash(UInt64(key)) ^ seed)
    body.append(#"{"PutRequest":{"Item":{"id":{"S":""#)
    KeyName.append(key, to: &body)
    appendFields(&random, to: &body)
    body.append(#""}}}}"#)
  }

  private func appendFields(_ random: inout SeededRandom, to body: inout [UInt8]) {
    for head in fieldHeads {
      body.append(contentsOf: head)
      FieldText.append(settings.fieldBytes, &random, to: &body)
    }
  }
}
