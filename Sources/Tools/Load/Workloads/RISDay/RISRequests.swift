internal import Items
internal import SampleData

/// The requests of a department on its single table.
struct RISRequests: Sendable {
  private let table: String
  private let tableHead: [UInt8]
  private let keyHead: [UInt8]
  private let timelineHead: [UInt8]

  init(table: String) {
    self.table = table
    tableHead = Array(#"{"TableName":"\#(table)","#.utf8)
    keyHead = tableHead + Array(#""Key":{"PK":{"S":"PATIENT#p-"#.utf8)
    timelineHead =
      tableHead
      + Array(
        (#""KeyConditionExpression":"PK = :pk","ExpressionAttributeValues":{":pk":"#
          + #"{"S":"PATIENT#p-"#).utf8)
  }

  // MARK: Writes

  /// A profile and an encounter, together.
  func admit(_ items: [AttributeMap]) -> Call {
    var body = Array(#"{"RequestItems":{"\#(table)":["#.utf8)
    for (index, item) in items.enumerated() {
      if index > 0 { body.append(UInt8(ascii: ",")) }
      Self.appendPutRequest(item, to: &body)
    }
    body.append("]}}")
    return Call("BatchWriteItem", body: body)
  }

  static func appendPutRequest(_ item: AttributeMap, to body: inout [UInt8]) {
    body.append(#"{"PutRequest":{"Item":"#)
    append(item, to: &body)
    body.append("}}")
  }

  func put(_ item: AttributeMap) -> Call {
    var body = tableHead
    body.append(#""Item":"#)
    Self.append(item, to: &body)
    body.append("}")
    return Call("PutItem", body: body)
  }

  private static func append(_ item: AttributeMap, to body: inout [UInt8]) {
    var writer = JSONWriter(capacity: 1_024)
    writer.item(item)
    body.append(contentsOf: writer.bytes)
  }

  /// A status changes from one to another; `more` are attributes that change with it.
  ///
  /// The condition holds where the requests before were answered; where one of them failed, it does not.
  func change(
    _ attribute: String, of sortKey: String, ofPatient number: Int, from: String, to: String,
    more: [(name: String, value: String)]
  ) -> Call {
    var names = "\(attribute) = :to"
    var values = #"":from":{"S":"\#(from)"},":to":{"S":"\#(to)"}"#
    for (index, change) in more.enumerated() {
      names += ", \(change.name) = :v\(index)"
      values += #","\#(":v\(index)")":{"S":"\#(change.value)"}"#
    }
    var body = keyHead
    appendKey(number, &body)
    body.append(plain: sortKey)
    body.append(
      plain: #""}},"UpdateExpression":"SET \#(names)","ConditionExpression":"\#(attribute) = :from","#
        + #""ExpressionAttributeValues":{\#(values)}}"#)
    return Call("UpdateItem", body: body, mayFailCondition: true)
  }

  /// Where a patient is now.
  func track(_ number: Int, encounter: Int, at location: StaticString, time: String) -> Call {
    var body = head(keyHead, number, capacity: 512)
    body.append("ENCOUNTER#e-")
    body.append(number, digits: 6)
    body.append("-")
    body.append(decimal: UInt64(encounter))
    body.append(#""}},"UpdateExpression":"SET currentLocation = :l, updatedAt = :t ADD trackedEvents :one","#)
    body.append(#""ConditionExpression":"attribute_exists(PK)","ExpressionAttributeValues":{":l":{"S":""#)
    body.append(location)
    body.append(#""},":t":{"S":""#)
    body.append(plain: time)
    body.append(#""},":one":{"N":"1"}}}"#)
    return Call("UpdateItem", body: body, mayFailCondition: true)
  }

  // MARK: Reads

  func profile(_ number: Int) -> Call {
    var body = head(keyHead, number)
    body.append(#"PATIENT#PROFILE"}}}"#)
    return Call("GetItem", body: body)
  }

  /// An order before someone acts on it, so strong.
  func order(_ index: Int, ofPatient number: Int) -> Call {
    var body = head(keyHead, number)
    body.append("ORDER#o-")
    body.append(number, digits: 6)
    body.append("-")
    body.append(decimal: UInt64(index))
    body.append(#""}},"ConsistentRead":true}"#)
    return Call("GetItem", body: body)
  }

  func report(_ sortKey: String, ofPatient number: Int) -> Call {
    var body = head(keyHead, number)
    body.append(plain: sortKey)
    body.append(#""}}}"#)
    return Call("GetItem", body: body)
  }

  /// All that there is of a patient.
  func timeline(_ number: Int) -> Call {
    var body: [UInt8] = []
    body.reserveCapacity(timelineHead.count + 16)
    body.append(contentsOf: timelineHead)
    body.append(number, digits: 6)
    body.append(#""}}}"#)
    return Call("Query", body: body)
  }

  /// The orders of a status, those changed last first.
  func statusBoard(_ status: StaticString) -> Call {
    var body = tableHead
    body.append(#""IndexName":"GSI1-StatusBoard","KeyConditionExpression":"GSI1PK = :s","ScanIndexForward":false,"#)
    body.append(#""Limit":50,"ExpressionAttributeValues":{":s":{"S":"STATUS#"#)
    body.append(status)
    body.append(#""}}}"#)
    return Call("Query", body: body)
  }

  /// A modality's orders of one day by time.
  func modalitySchedule(_ modality: StaticString, day: String) -> Call {
    var body = tableHead
    body.append(#""IndexName":"GSI2-ModalitySchedule","KeyConditionExpression":"GSI2PK = :m AND "#)
    body.append(#"begins_with(GSI2SK, :d)","Limit":50,"ExpressionAttributeValues":{":m":{"S":"MODALITY#"#)
    body.append(modality)
    body.append(#""},":d":{"S":""#)
    body.append(plain: day)
    body.append(#""}}}"#)
    return Call("Query", body: body)
  }

  // MARK: Keys

  /// Up to the value of the sort key.
  private func head(_ head: [UInt8], _ number: Int, capacity: Int = 192) -> [UInt8] {
    var body: [UInt8] = []
    body.reserveCapacity(capacity)
    body.append(contentsOf: head)
    appendKey(number, &body)
    return body
  }

  private func appendKey(_ number: Int, _ body: inout [UInt8]) {
    body.append(number, digits: 6)
    body.append(#""},"SK":{"S":""#)
  }
}
