/// Why PostgreSQL, or the way to it, refused something.
struct PostgresError: Error, Equatable, Sendable, CustomStringConvertible {
  enum Kind: Equatable, Sendable {
    case noLibrary
    /// No connection, or it broke: what was under way may have been committed.
    case connection
    /// The server answered with an error.
    case server
    /// A connection URL that cannot be used.
    case settings
  }

  var kind: Kind
  /// Five characters (PostgreSQL's appendix A); empty where the server said nothing.
  var sqlState = ""
  var message: String
  var detail = ""
  var table = ""
  var column = ""
  var constraint = ""

  var description: String {
    let place = sqlState.isEmpty ? "" : " (SQLSTATE \(sqlState))"
    return "PostgreSQL: \(message)\(detail.isEmpty ? "" : "; \(detail)")\(place)"
  }

  /// For logs: the detail may quote values of an item.
  var discreet: String { "\(message)\(sqlState.isEmpty ? "" : " (SQLSTATE \(sqlState))")" }

  /// The transaction met another one; the same again will do.
  var isSerializationFailure: Bool { sqlState == "40001" || sqlState == "40P01" }

  /// The connection is of no more use. 57P01 to 57P05: the server ended it; 25P03: it was idle in a transaction.
  var isConnectionLost: Bool {
    kind == .connection || sqlState.hasPrefix("08") || sqlState.hasPrefix("57P") || sqlState == "25P03"
  }

  /// What was sent does not fit its columns: class 22 (data), class 23 (constraints).
  var isAboutData: Bool { sqlState.hasPrefix("22") || sqlState.hasPrefix("23") }

  var isForeignKeyViolation: Bool { sqlState == "23503" }

  /// Class 42 without rights: the schema is not what the mapping says, and time alone does not mend it.
  var isAboutSchema: Bool { sqlState.hasPrefix("42") }
}
