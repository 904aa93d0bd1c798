import Testing

@testable import Sink

@Suite struct PostgresTargetTests {
  private func keywords(_ url: String, _ environment: [String: String] = [:], files: [String] = []) throws -> [String:
    String]
  {
    let target = try PostgresTarget(url, environment: { environment[$0] }, fileExists: { files.contains($0) })
    return Dictionary(target.keywords.map { ($0.name, $0.value) }) { $1 }
  }

  @Test("TLS is verified for every host but this machine, unless the URL says otherwise") func tls() throws {
    let roots = "/etc/ssl/certs/ca-certificates.crt"
    #expect(try keywords("postgresql://db.example.com/x", files: [roots])["sslmode"] == "verify-full")
    #expect(try keywords("postgresql://db.example.com/x", files: [roots])["sslrootcert"] == roots)
    #expect(
      try keywords("postgresql://db.example.com/x", ["HOME": "/h"], files: [roots, "/h/.postgresql/root.crt"])[
        "sslrootcert"] == nil)
    #expect(try keywords("postgresql://127.0.0.1:1,db.example.com:2/x")["sslmode"] == "verify-full")
    #expect(try keywords("postgresql://localhost/x?hostaddr=10.0.0.1")["sslmode"] == "verify-full")
    #expect(try keywords("postgresql:///x", ["PGHOST": "db.example.com"])["sslmode"] == "verify-full")
    for local in [
      "postgresql:///x", "postgresql://127.0.0.1:5432/x", "postgresql://[::1]/x", "postgresql://localhost/x",
      "host=/run/postgresql",
    ] {
      #expect(try keywords(local)["sslmode"] == nil)
    }
    #expect(try keywords("postgresql://db.example.com/x?sslmode=disable")["sslmode"] == "disable")
    for weaker in ["disable", "prefer", "require"] {
      #expect(try keywords("postgresql://db.example.com/x", ["PGSSLMODE": weaker])["sslmode"] == "verify-full")
    }
    #expect(try keywords("postgresql://db.example.com/x?hostaddr=127.0.0.1")["sslmode"] == "verify-full")
    #expect(try keywords("postgresql:///x?service=billing")["sslmode"] == "verify-full")
    #expect(try keywords("postgresql:///x", ["PGSERVICE": "billing"])["sslmode"] == "verify-full")
    let weak = try PostgresTarget(
      "postgresql://db.example.com/x?sslmode=require", environment: { _ in nil }, fileExists: { _ in false })
    #expect(weak.warning?.hasPrefix("sslmode=require does not prove") == true)
  }

  @Test("No description shows a password, and a URL that is none is refused") func description() throws {
    let target = try PostgresTarget(
      "postgresql://u:secret@localhost:1/d", environment: { _ in nil }, fileExists: { _ in false })
    #expect(target.description == "postgresql://u@localhost:1/d")
    #expect(throws: PostgresError.self) {
      try PostgresTarget("postgresql://localhost/x?nonsense=1", environment: { _ in nil }, fileExists: { _ in false })
    }
  }
}

@Suite(.needsPostgres) struct ConnectionTests {
  @Test("Parameters go beside the text: NULL, quotes, empty and large values come back as they went") func parameters()
    throws
  {
    let connection = try Connection(try TestServer.shared.database())
    let large = String(repeating: "x", count: 3_000_000)
    var texts = ArrayColumn(.text, [Array("a'b".utf8), [], Array("{\"},\\".utf8)])
    texts.append(nil)
    let rows = try connection.query(
      "SELECT $1::text, $2::bigint, $3::text, $4::bytea, to_json($5::text[])::text, cardinality($6::bytea[]), length($7::text)",
      [
        .text("';--"), .integer(-5), .null, .bytes([]), .array(texts), .array(ArrayColumn(.bytea)), .text(large),
      ])
    #expect(rows.text(0, 0) == "';--")
    #expect(rows.integer(0, 1) == -5)
    #expect(rows.isNull(0, 2))
    #expect(rows.binary(0, 3) == [])
    #expect(rows.text(0, 4) == #"["a'b","","{\"},\\",null]"#)
    #expect(rows.integer(0, 5) == 0)
    #expect(rows.integer(0, 6) == 3_000_000)
  }

  @Test("After an error a pipeline carries out nothing more, tells the error's SQLSTATE, and the connection goes on")
  func pipelines() throws {
    let connection = try Connection(try TestServer.shared.database())
    try connection.script("CREATE TABLE t (n int PRIMARY KEY)")
    do {
      _ = try connection.pipeline([
        .begin, Statement("INSERT INTO t VALUES (1)"), Statement("INSERT INTO t VALUES (1)"), .commit,
      ])
      Issue.record("a second row with one key was taken")
    } catch {
      #expect(error.sqlState == "23505")
      #expect(error.constraint == "t_pkey")
      #expect(error.isAboutData)
    }
    connection.rollBack()
    #expect(try connection.query("SELECT count(*) FROM t").integer(0, 0) == 0)
    #expect(
      try connection.pipeline([Statement("SELECT 1"), Statement("SELECT 2")]).map { $0.integer(0, 0) } == [1, 2])
  }

  @Test("A session opens its connection anew after it was lost, and does not repeat what it lost") func sessions()
    async throws
  {
    let target = try TestServer.shared.database()
    let session = Session(target)
    defer { session.end() }
    let first = try await session.run { $0.processID }
    await #expect(throws: PostgresError.self) {
      try await session.run { connection in
        _ = try connection.query("SELECT pg_terminate_backend(pg_backend_pid())")
        _ = try connection.query("SELECT 1")
      }
    }
    #expect(try await session.run { $0.processID } != first)
  }

  @Test("Migrations are applied once, also by two sinks at once, and a changed or newer one is refused")
  func migrations() async throws {
    let target = try TestServer.shared.database()
    let sessions = (0..<4).map { _ in Session(target) }
    defer { for session in sessions { session.end() } }
    try await withThrowingTaskGroup { group in
      for session in sessions {
        group.addTask { try await session.run { try Migrator(connection: $0).migrate([.core, .radiology]) } }
      }
      try await group.waitForAll()
    }
    let connection = try Connection(target)
    let applied = try connection.query("SELECT count(*) FROM gantry_migrations").integer(0, 0)
    #expect(applied == Migration.Family.core.steps.count + Migration.Family.radiology.steps.count)
    // A role that may create nothing can start once the schema is there.
    try connection.script("CREATE ROLE reader; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader; SET ROLE reader")
    try Migrator(connection: connection).migrate([.core, .radiology])
    try connection.script("RESET ROLE")
    var edited = Migration.Family.core
    edited.steps[0].sql += " "
    #expect(throws: SinkError.self) { try Migrator(connection: connection).migrate([edited]) }
    var older = Migration.Family.core
    older.steps.removeLast()
    #expect(throws: SinkError.self) { try Migrator(connection: connection).migrate([older]) }
  }
}
