/// A `TableName` parameter, which may also be a table's ARN.
enum TableName {
  private static let text =
    "Table/index names must be between 3 and 255 characters long, and may contain only the characters a-z, A-Z, 0-9, "
    + "'_', '-', and '.'"

  /// The bare name. `TableName` is required; its absence is a breach of the model and reported before this.
  static func resolve(_ given: String) throws(APIError) -> String {
    var name = given[...]
    if given.hasPrefix("arn:") {
      guard let resource = given.split(separator: ":", omittingEmptySubsequences: false).dropFirst(5).first,
        resource.hasPrefix("table/"), given.split(separator: ":").count == 6
      else { throw .validation("Invalid table/index name.  \(text)") }
      name = resource.dropFirst("table/".count)
    }
    guard isValid(name) else { throw .validation("Invalid table/index name.  \(text)") }
    return String(name)
  }

  static func isValid(_ name: Substring) -> Bool {
    (3...255).contains(name.utf8.count) && name.utf8.allSatisfy(Violations.isNameByte)
  }

  static func checkModel(_ name: String?, _ violations: inout Violations) {
    violations.require(name != nil, at: "tableName")
    violations.checkLength(name, at: "tableName", min: 1, max: 1024)
  }
}
