internal import Catalog
internal import Expressions

extension ParsedExpressions {
  /// A read has no paths that lead into a key: keys hold no lists or maps.
  func checkScalarKeys(_ table: TableHandle) throws(APIError) {
    for key in table.key.attributes where leadsInto(key.name) { throw Self.notScalar("Key: \(key.text)") }
    for key in table.indexKeys where leadsInto(key.name) { throw Self.notScalar("IndexKey: \(key.text)") }
  }

  private func leadsInto(_ name: [UInt8]) -> Bool {
    projection?.leadsInto(name) == true || filter?.leadsInto(name) == true
  }

  static func notScalar(_ what: String) -> APIError {
    .validation(
      "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: \(what)")
  }
}
