internal import Sink
internal import Supervisor

/// Shows, at the end of `gantry cluster up`, what has arrived in PostgreSQL.
struct MirrorReport {
  static let waitMs = 60_000

  let table: String
  let url: String
  let folder: DataFolder

  /// The cluster is up whatever comes of it: what hinders is told and no error.
  func show() async {
    do {
      let hasAll = try await MirrorWait.run(try PostgresTarget(url), table: table, timeoutMs: Self.waitMs)
      if !hasAll {
        Terminal.note("the mirror has not caught up in \(Self.waitMs / 1_000) s; see: gantry cluster logs sink")
      }
      let psql = try Psql(url, folder)
      for (title, query) in AnalyticsQueries.all { Terminal.print("\n\(title):\n\n\(try psql.show(query))") }
    } catch {
      Terminal.note("the mirror cannot be shown: \(error)")
    }
  }
}
