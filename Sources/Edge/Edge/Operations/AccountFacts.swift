internal import Items

/// What clients ask that has nothing to do with a table: DescribeLimits, DescribeEndpoints, KMS DescribeKey.
enum AccountFacts {
  /// DynamoDB's default quotas of an account (*Service, account, and table quotas*, Developer Guide). Nothing here is
  /// bounded by them.
  static func limits(_ body: UnsafeBufferPointer<UInt8>, _ exchange: Exchange) throws(APIError) {
    try checkIsObject(body)
    var writer = JSONWriter(capacity: 192)
    writer.beginObject()
    for (name, units) in [
      ("AccountMaxReadCapacityUnits", 80_000), ("AccountMaxWriteCapacityUnits", 80_000),
      ("TableMaxReadCapacityUnits", 40_000), ("TableMaxWriteCapacityUnits", 40_000),
    ] as [(StaticString, Int)] {
      writer.key(name)
      writer.integer(units)
    }
    writer.endObject()
    exchange.succeed(writer.bytes)
  }

  /// The one endpoint there is, by the name that the client called it.
  static func endpoints(
    _ body: UnsafeBufferPointer<UInt8>, host: String?, _ exchange: Exchange
  ) throws(APIError) {
    try checkIsObject(body)
    var writer = JSONWriter(capacity: 128)
    writer.beginObject()
    writer.key("Endpoints")
    writer.beginArray()
    writer.beginObject()
    writer.member("Address", host ?? "localhost")
    writer.key("CachePeriodInMinutes")
    writer.integer(1_440)
    writer.endObject()
    writer.endArray()
    writer.endObject()
    exchange.succeed(writer.bytes)
  }

  private static let keyID = "00000000-0000-4000-8000-000000000000"
  private static let keyAlias = "alias/aws/dynamodb"

  /// The key that AWS manages for DynamoDB: clients look it up for tables that name no key of their own.
  static func key(_ body: UnsafeBufferPointer<UInt8>, _ exchange: Exchange) throws(APIError) {
    let asked = try text("KeyId", in: body) ?? ""
    let arn = "arn:aws:kms:\(exchange.service.region):\(Service.account)"
    guard [keyAlias, "\(arn):\(keyAlias)", keyID, "\(arn):key/\(keyID)"].contains(asked) else {
      let isAlias = asked.contains("alias/")
      throw APIError(
        .keyNotFound, isAlias ? "Alias \(arn):\(asked) is not found." : "Key '\(arn):key/\(asked)' does not exist")
    }
    var writer = JSONWriter(capacity: 512)
    writer.beginObject()
    writer.key("KeyMetadata")
    writer.beginObject()
    for (name, value) in [
      ("AWSAccountId", Service.account), ("KeyId", keyID), ("Arn", "\(arn):key/\(keyID)"),
      ("Description", "Default key that protects my DynamoDB data when no other key is defined"),
      ("KeyUsage", "ENCRYPT_DECRYPT"), ("KeyState", "Enabled"), ("Origin", "AWS_KMS"), ("KeyManager", "AWS"),
      ("CustomerMasterKeySpec", "SYMMETRIC_DEFAULT"), ("KeySpec", "SYMMETRIC_DEFAULT"),
    ] as [(StaticString, String)] { writer.member(name, value) }
    writer.key("EncryptionAlgorithms")
    writer.beginArray()
    writer.string("SYMMETRIC_DEFAULT")
    writer.endArray()
    writer.key("CreationDate")
    writer.seconds(milliseconds: 0)
    writer.key("Enabled")
    writer.bool(true)
    writer.key("MultiRegion")
    writer.bool(false)
    writer.endObject()
    writer.endObject()
    exchange.succeed(writer.bytes)
  }

  private static func checkIsObject(_ body: UnsafeBufferPointer<UInt8>) throws(APIError) {
    _ = try text("", in: body)
  }

  private static func text(_ name: StaticString, in body: UnsafeBufferPointer<UInt8>) throws(APIError) -> String? {
    var value: String?
    do throws(ItemError) {
      var reader = JSONReader(body)
      try reader.eachMember { (member, reader) throws(ItemError) in
        if member == name { value = try reader.readText() } else { try reader.skipValue() }
      }
      try reader.finish()
    } catch {
      throw APIError(error)
    }
    return value
  }
}
