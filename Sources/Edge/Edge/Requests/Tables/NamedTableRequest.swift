internal import Items

/// The input of DescribeTable, DeleteTable and others that only name a table.
enum NamedTableRequest {
  /// - Returns: the table's name, resolved.
  static func parse(_ body: UnsafeBufferPointer<UInt8>) throws(APIError) -> String {
    var name: String?
    do throws(ItemError) {
      var reader = JSONReader(body)
      try reader.eachMember { (member, reader) throws(ItemError) in
        if member == "TableName" { name = try reader.readText() } else { try reader.skipValue() }
      }
      try reader.finish()
    } catch {
      throw APIError(error)
    }
    return try TableName.resolve(ofTableOperation: name)
  }
}
