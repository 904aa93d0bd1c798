internal import Items

/// The input of CreateTable as it was sent: types are checked, nothing else.
struct TableRequest {
  struct Element {
    var name: String?
    var type: String?
  }

  struct Units {
    var readUnits: Int?
    var writeUnits: Int?
  }

  struct Projection {
    var type: String?
    var nonKeyAttributes: [String]?
  }

  struct Index {
    var name: String?
    var keySchema: [Element]?
    var projection: Projection?
    var throughput: Units?
    var hasOnDemandThroughput = false
  }

  struct Stream {
    var enabled: Bool?
    var viewType: String?
  }

  var tableName: String?
  var attributes: [Element]?
  var keySchema: [Element]?
  var localIndexes: [Index]?
  var globalIndexes: [Index]?
  var billingMode: String?
  var throughput: Units?
  var stream: Stream?
  var encryptionEnabled = false
  var tags: [Tags.Entry]?
  var tableClass: String?
  var deletionProtection = false
  /// Members that would be a lie if they were taken.
  var refused: [String] = []
}

extension TableRequest {
  static func parse(_ body: UnsafeBufferPointer<UInt8>) throws(APIError) -> TableRequest {
    var request = TableRequest()
    try JSONReader.eachMember(of: body) { (name, reader) throws(ItemError) in try request.read(name, &reader) }
    return request
  }

  private mutating func read(_ name: JSONName, _ reader: inout JSONReader) throws(ItemError) {
    switch name {
    case "TableName": tableName = try reader.readText()
    case "AttributeDefinitions":
      attributes = try reader.readList { (reader) throws(ItemError) in
        try Element(&reader, shape: "AttributeDefinition", typeMember: "AttributeType")
      }
    case "KeySchema": keySchema = try reader.readKeySchema()
    case "LocalSecondaryIndexes":
      localIndexes = try reader.readList { (reader) throws(ItemError) in
        try Index(&reader, shape: "LocalSecondaryIndex")
      }
    case "GlobalSecondaryIndexes":
      globalIndexes = try reader.readList { (reader) throws(ItemError) in
        try Index(&reader, shape: "GlobalSecondaryIndex")
      }
    case "BillingMode": billingMode = try reader.readText()
    case "ProvisionedThroughput": throughput = try Units(&reader)
    case "StreamSpecification": stream = try Stream(&reader)
    case "Tags": tags = try reader.readList { (reader) throws(ItemError) in try Tags.Entry(&reader) }
    case "TableClass": tableClass = try reader.readText()
    case "DeletionProtectionEnabled": deletionProtection = try reader.readBool()
    case "SSESpecification": encryptionEnabled = try reader.readEncryption()
    case "ResourcePolicy", "OnDemandThroughput", "WarmThroughput", "GlobalTableSourceArn",
      "GlobalTableSettingsReplicationMode":
      refused.append(name.text)
      try reader.skipValue()
    default: try reader.skipValue()
    }
  }
}

extension TableRequest.Element {
  init(_ reader: inout JSONReader, shape: StaticString, typeMember: StaticString) throws(ItemError) {
    try reader.eachMember(of: shape) { (member, reader) throws(ItemError) in
      if member == "AttributeName" {
        name = try reader.readText()
      } else if member == typeMember {
        type = try reader.readText()
      } else {
        try reader.skipValue()
      }
    }
  }
}

extension TableRequest.Units {
  init(_ reader: inout JSONReader) throws(ItemError) {
    try reader.eachMember { (member, reader) throws(ItemError) in
      switch member {
      case "ReadCapacityUnits": readUnits = try reader.readLong()
      case "WriteCapacityUnits": writeUnits = try reader.readLong()
      default: try reader.skipValue()
      }
    }
  }
}

extension TableRequest.Index {
  init(_ reader: inout JSONReader, shape: StaticString) throws(ItemError) {
    try reader.eachMember(of: shape) { (member, reader) throws(ItemError) in
      switch member {
      case "IndexName": name = try reader.readText()
      case "KeySchema": keySchema = try reader.readKeySchema()
      case "Projection": projection = try TableRequest.Projection(&reader)
      case "ProvisionedThroughput": throughput = try TableRequest.Units(&reader)
      case "OnDemandThroughput", "WarmThroughput":
        hasOnDemandThroughput = true
        try reader.skipValue()
      default: try reader.skipValue()
      }
    }
  }
}

extension TableRequest.Projection {
  init(_ reader: inout JSONReader) throws(ItemError) {
    try reader.eachMember { (member, reader) throws(ItemError) in
      switch member {
      case "ProjectionType": type = try reader.readText()
      case "NonKeyAttributes":
        nonKeyAttributes = try reader.readList { (reader) throws(ItemError) in try reader.readText() }
      default: try reader.skipValue()
      }
    }
  }
}

extension TableRequest.Stream {
  init(_ reader: inout JSONReader) throws(ItemError) {
    try reader.eachMember { (member, reader) throws(ItemError) in
      switch member {
      case "StreamEnabled": enabled = try reader.readBool()
      case "StreamViewType": viewType = try reader.readText()
      default: try reader.skipValue()
      }
    }
  }
}
