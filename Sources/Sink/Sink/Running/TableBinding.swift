/// Which table of the API a mirrored name stands for.
public enum TableBinding {
  /// Lets the next sink bind the name to the table that it finds. Running sinks of another table end within seconds of
  /// that. Throws where the database mirrors no table of the name.
  public static func release(_ table: String, _ target: PostgresTarget) async throws {
    let session = Session(target)
    defer { session.end() }
    let isKnown = try await session.run { connection in
      guard !(try connection.query("SELECT to_regclass('gantry_tables')").isNull(0, 0)) else { return false }
      try Migrator(connection: connection).migrate([.core])
      return try TableProgress.unbind(table, on: connection)
    }
    guard isKnown else { throw SinkError("this database mirrors no table named \(table)") }
  }
}
