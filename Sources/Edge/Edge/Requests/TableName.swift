/// A `TableName` parameter, which may also be a table's ARN.
enum TableName {
  private static let notAnARN =
    "Invalid table/index name.  Table/index names must be between 3 and 255 characters long, and may contain only the "
    + "characters a-z, A-Z, 0-9, '_', '-', and '.'"

  /// The bare name. `TableName` is required; its absence is a breach of the model and reported before this.
  static func resolve(_ given: String) throws(APIError) -> String {
    var name = given[...]
    if given.hasPrefix("arn:") {
      guard let resource = given.split(separator: ":", omittingEmptySubsequences: false).dropFirst(5).first,
        resource.hasPrefix("table/"), given.split(separator: ":").count == 6
      else { throw .validation(notAnARN) }
      name = resource.dropFirst("table/".count)
    }
    if isValid(name) { return String(name) }
    // The model allows what an ARN may be; a name's own bounds come next, in the model's words.
    var violations = Violations()
    violations.checkName(String(name), at: "tableName")
    try violations.throwIfAny()
    return String(name)
  }

  /// The same for operations on tables, which say in other words that there is no name.
  static func resolve(ofTableOperation given: String?) throws(APIError) -> String {
    guard let given else {
      throw .validation("The parameter 'TableName' is required but was not present in the request")
    }
    var violations = Violations()
    checkModel(given, &violations)
    try violations.throwIfAny()
    return try resolve(given)
  }

  static func isValid(_ name: Substring) -> Bool {
    (3...255).contains(name.utf8.count) && name.utf8.allSatisfy(Violations.isNameByte)
  }

  static func checkModel(_ name: String?, _ violations: inout Violations) {
    violations.require(name != nil, at: "tableName")
    violations.checkLength(name, at: "tableName", min: 1, max: 1024)
  }
}
