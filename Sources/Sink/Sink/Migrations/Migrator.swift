internal import Crypto

/// Brings a database to this build's schema, a step a transaction, under one lock for all sinks.
struct Migrator {
  /// Of `pg_advisory_xact_lock`: nobody else's.
  static let lock = 0x67616E_7472

  let connection: Connection

  /// Does nothing, and needs no right to create anything, where every step is there. Refuses a database whose steps are
  /// newer than this build or were edited.
  func migrate(_ families: [Migration.Family]) throws {
    for family in families {
      for step in family.steps where try !isApplied(step, of: family) { try apply(step, of: family) }
      try refuseLaterSteps(of: family)
    }
  }

  private func isApplied(_ step: Migration, of family: Migration.Family) throws -> Bool {
    guard try hasJournal() else { return false }
    let rows = try connection.query(
      "SELECT checksum FROM gantry_migrations WHERE family = $1 AND version = $2",
      [.text(family.name), .integer(step.version)])
    guard rows.count == 1 else { return false }
    guard rows.text(0, 0) == Self.checksum(step) else {
      throw SinkError(
        "this database's migration \(family.name) \(step.version) is not the one of this build; the two do not belong together"
      )
    }
    return true
  }

  private func hasJournal() throws -> Bool {
    !(try connection.query("SELECT to_regclass('gantry_migrations')").isNull(0, 0))
  }

  private func apply(_ step: Migration, of family: Migration.Family) throws {
    try connection.transaction {
      try connection.query("SELECT pg_advisory_xact_lock($1)", [.integer(Self.lock)])
      try connection.script(
        """
        CREATE TABLE IF NOT EXISTS gantry_migrations (
          family text NOT NULL, version bigint NOT NULL, name text NOT NULL, checksum text NOT NULL,
          applied_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (family, version));
        """)
      // Another sink may have been faster.
      if try isApplied(step, of: family) { return }
      try connection.script(step.sql)
      try connection.query(
        "INSERT INTO gantry_migrations (family, version, name, checksum) VALUES ($1, $2, $3, $4)",
        [.text(family.name), .integer(step.version), .text(step.name), .text(Self.checksum(step))])
    }
  }

  private func refuseLaterSteps(of family: Migration.Family) throws {
    let latest = try connection.query(
      "SELECT max(version) FROM gantry_migrations WHERE family = $1", [.text(family.name)])
    guard let version = latest.integer(0, 0), version > family.steps.count else { return }
    throw SinkError(
      "this database's schema (\(family.name) \(version)) is newer than this build (\(family.steps.count)); use a newer gantry"
    )
  }

  static func checksum(_ step: Migration) -> String {
    String(decoding: Hexadecimal.encode(SHA256.hash(data: Array(step.sql.utf8)).prefix(16)), as: UTF8.self)
  }
}
