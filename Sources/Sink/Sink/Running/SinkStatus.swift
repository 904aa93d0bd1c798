internal import Items

/// What a database tells of its sinks, whether or not one runs.
public struct SinkStatus: Sendable {
  struct Shard: Sendable {
    var id: String
    var owner: String?
    var position: String?
    var isFinished: Bool
    var records: Int
    /// Since the last record that was applied was written.
    var sinceChangeSeconds: Double?
    /// Since a look that found the shard's end.
    var sinceCaughtUpSeconds: Double?
  }

  struct Table: Sendable {
    var name: String
    var generation: Int
    var load: String
    var items: Int
    var shards: [Shard]
    var parked: Int
    var deadLetters: Int
    var openGaps: Int
    var gaps: Int
  }

  var tables: [Table]

  public static func read(_ target: PostgresTarget) async throws -> SinkStatus {
    let session = Session(target)
    defer { session.end() }
    return try await session.run { try SinkStatus($0) }
  }

  init(_ connection: Connection) throws {
    guard !(try connection.query("SELECT to_regclass('gantry_tables')").isNull(0, 0)) else {
      tables = []
      return
    }
    let rows = try connection.query(
      """
      SELECT t.table_name, t.generation, CASE WHEN l.state IS NULL THEN 'none' ELSE l.state END,
        (SELECT count(*) FROM gantry_mirror m WHERE m.table_name = t.table_name),
        (SELECT count(*) FROM gantry_parked),
        (SELECT count(*) FROM gantry_dead_letters d WHERE d.table_name = t.table_name),
        (SELECT count(*) FROM gantry_gaps g WHERE g.table_name = t.table_name AND g.resynchronised_at IS NULL),
        (SELECT count(*) FROM gantry_gaps g WHERE g.table_name = t.table_name)
      FROM gantry_tables t LEFT JOIN gantry_loads l ON l.table_name = t.table_name ORDER BY t.table_name
      """)
    tables = try (0..<rows.count).map { row in
      Table(
        name: rows.text(row, 0)!, generation: rows.integer(row, 1)!, load: rows.text(row, 2)!,
        items: rows.integer(row, 3)!, shards: try Self.shards(rows.text(row, 0)!, connection),
        parked: rows.integer(row, 4)!, deadLetters: rows.integer(row, 5)!, openGaps: rows.integer(row, 6)!,
        gaps: rows.integer(row, 7)!)
    }
  }

  private static func shards(_ table: String, _ connection: Connection) throws -> [Shard] {
    let rows = try connection.query(
      """
      SELECT shard, CASE WHEN lease_expires_at >= clock_timestamp() THEN owner END, position, is_finished, records,
        round(extract(epoch FROM clock_timestamp() - changed_at), 1),
        round(extract(epoch FROM clock_timestamp() - caught_up_at), 1)
      FROM gantry_shards WHERE table_name = $1 ORDER BY stream, shard
      """, [.text(table)])
    return (0..<rows.count).map { row in
      Shard(
        id: rows.text(row, 0)!, owner: rows.text(row, 1), position: rows.text(row, 2), isFinished: rows.flag(row, 3),
        records: rows.integer(row, 4)!, sinceChangeSeconds: rows.text(row, 5).flatMap { Double($0) },
        sinceCaughtUpSeconds: rows.text(row, 6).flatMap { Double($0) })
    }
  }

  public var text: String {
    guard !tables.isEmpty else { return "no sink has used this database" }
    return tables.map(Self.text).joined(separator: "\n\n")
  }

  private static func text(_ table: Table) -> String {
    var lines = [
      "\(table.name): \(table.items) items, load \(table.load), \(table.parked) parked, \(table.deadLetters) dead letters, "
        + "\(table.gaps) gaps (\(table.openGaps) not mended)"
    ]
    for shard in table.shards {
      let state = shard.isFinished ? "finished" : shard.owner.map { "read by \($0)" } ?? "read by nobody"
      let caughtUp = shard.sinceCaughtUpSeconds.map { ", caught up \($0) s ago" } ?? ""
      lines.append("  \(shard.id): \(state), \(shard.records) records\(caughtUp)")
    }
    return lines.joined(separator: "\n")
  }

  public var json: String {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("tables")
    writer.beginArray()
    for table in tables { Self.append(table, to: &writer) }
    writer.endArray()
    writer.endObject()
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  private static func append(_ table: Table, to writer: inout JSONWriter) {
    writer.beginObject()
    for (name, text) in [("name", table.name), ("load", table.load)] {
      writer.key(Array(name.utf8))
      writer.string(text)
    }
    let numbers = [
      ("generation", table.generation), ("items", table.items), ("parked", table.parked),
      ("deadLetters", table.deadLetters), ("gaps", table.gaps), ("openGaps", table.openGaps),
    ]
    for (name, number) in numbers {
      writer.key(Array(name.utf8))
      writer.integer(number)
    }
    writer.key("shards")
    writer.beginArray()
    for shard in table.shards { append(shard, to: &writer) }
    writer.endArray()
    writer.endObject()
  }

  private static func append(_ shard: Shard, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("id")
    writer.string(shard.id)
    for (name, text) in [("owner", shard.owner), ("position", shard.position)] {
      writer.key(Array(name.utf8))
      if let text { writer.string(text) } else { writer.null() }
    }
    writer.key("finished")
    writer.bool(shard.isFinished)
    writer.key("records")
    writer.integer(shard.records)
    let ages = [
      ("sinceChangeSeconds", shard.sinceChangeSeconds), ("sinceCaughtUpSeconds", shard.sinceCaughtUpSeconds),
    ]
    for (name, age) in ages {
      writer.key(Array(name.utf8))
      if let age { writer.double(age) } else { writer.null() }
    }
    writer.endObject()
  }
}
