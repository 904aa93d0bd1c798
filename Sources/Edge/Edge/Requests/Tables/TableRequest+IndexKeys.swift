internal import Catalog

/// The key schema of an index. A global one may have several attributes of each kind.
extension TableRequest {
  static func indexKey(
    _ schema: [Element], _ kind: IndexDefinition.Kind, _ definitions: [KeyAttribute]
  ) throws(APIError) -> IndexKeySchema {
    if kind == .local || schema.count < 2 || schema.map(\.type) == ["HASH", "RANGE"] {
      let key = try key(schema, definitions)
      return IndexKeySchema(partition: key.partition, sort: key.sort)
    }
    let attributes = try defined(schema, definitions)
    try checkOrder(schema)
    let partitionCount = schema.count { $0.type == "HASH" }
    return IndexKeySchema(
      partition: Array(attributes[..<partitionCount]), sort: Array(attributes[partitionCount...]))
  }

  private static func checkOrder(_ schema: [Element]) throws(APIError) {
    try checkFirstIsHash(schema)
    for kind in ["HASH", "RANGE"] where schema.count(where: { $0.type == kind }) > IndexKeySchema.attributesMax {
      throw .invalid("The KeySchema exceeds the maximum allowed number of \(kind) key attributes")
    }
    if let range = schema.firstIndex(where: { $0.type == "RANGE" }),
      schema[range...].contains(where: { $0.type == "HASH" })
    {
      throw .invalid("All HASH key attributes must precede RANGE key attributes in the KeySchema")
    }
    for (position, element) in schema.enumerated()
    where schema[..<position].contains(where: { $0.name == element.name }) {
      throw .validation("The KeySchema contains multiple key attributes with the same name")
    }
  }
}
