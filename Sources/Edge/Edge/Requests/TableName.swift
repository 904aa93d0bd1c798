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

  /// The same for operations on tables, which check a name before the model and in other words.
  static func resolve(ofTableOperation given: String?) throws(APIError) -> String {
    let given = try checkPresence(given)
    if given.hasPrefix("arn:") { return try resolve(given) }
    var violations = Violations()
    violations.checkName(given, at: "tableName")
    try violations.throwIfAny()
    return given
  }

  /// What operations on tables look at before all else.
  static func checkPresence(_ given: String?) throws(APIError) -> String {
    guard let given else {
      throw .validation("The parameter 'TableName' is required but was not present in the request")
    }
    guard given.hasPrefix("arn:") || (3...255).contains(given.utf16.count) else {
      throw .validation("TableName must be at least 3 characters long and at most 255 characters long")
    }
    return given
  }

  static func isValid(_ name: Substring) -> Bool {
    (3...255).contains(name.utf8.count) && name.utf8.allSatisfy(Violations.isNameByte)
  }

  static func checkModel(_ name: String?, _ violations: inout Violations) {
    violations.require(name != nil, at: "tableName")
    violations.checkLength(name, at: "tableName", min: 1, max: 1024)
  }
}
