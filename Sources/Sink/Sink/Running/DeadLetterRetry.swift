internal import Items

/// Tries dead letters again, with the mapping that the last sink used: after a column was added, or a row that was in the
/// way is gone.
public struct DeadLetterRetry: Sendable {
  public struct Report: Equatable, Sendable {
    /// Applied now.
    public var applied = 0
    /// Overtaken: the item has a newer version.
    public var overtaken = 0
    /// Refused again.
    public var refused = 0
    /// Deletions and records without a readable image; a person has to look at them.
    public var untried = 0

    public var text: String {
      "\(applied) applied, \(overtaken) overtaken by newer versions, \(refused) refused again, \(untried) not tried"
    }

    public var json: String {
      #"{"applied":\#(applied),"overtaken":\#(overtaken),"refused":\#(refused),"untried":\#(untried)}"#
    }
  }

  public static func run(_ target: PostgresTarget) async throws -> Report {
    let session = Session(target)
    defer { session.end() }
    return try await session.run { try DeadLetterRetry.run($0) }
  }

  static func run(_ connection: Connection) throws -> Report {
    var report = Report()
    let tables = try connection.query("SELECT table_name, mapping FROM gantry_tables ORDER BY table_name")
    for row in 0..<tables.count {
      let name = tables.text(row, 0)!
      guard let shape = try TableProgress.shape(name, on: connection) else { continue }
      let text = tables.text(row, 1)!
      let mapping = text.isEmpty ? Mapping.none : try Mapping.parse(text, file: "mapping of \(name)")
      let schema = try TargetCatalog(connection: connection, mapping: mapping).read()
      try run(Applier(shape: shape, schema: schema), connection, &report)
    }
    return report
  }

  private static func run(_ applier: Applier, _ connection: Connection, _ report: inout Report) throws {
    let letters = try connection.query(
      """
      SELECT letter_id, stream, shard, sequence_number, id, pk, sk, event, image, changed_at::text
      FROM gantry_dead_letters WHERE table_name = $1 ORDER BY letter_id
      """, [.text(applier.shape.name)])
    for row in 0..<letters.count {
      guard let change = try change(letters, row) else {
        report.untried += 1
        continue
      }
      let letter = letters.integer(row, 0)!
      // The letter is the lease: whoever deletes it may apply it.
      let place = BatchPlace(
        stream: letters.text(row, 1)!, shard: letters.text(row, 2)!,
        fence: { _ in Statement("DELETE FROM gantry_dead_letters WHERE letter_id = $1", [.integer(letter)]) },
        repeats: true)
      do {
        let outcome = try applier.apply([.change(change)], from: place, on: connection)
        if outcome.letters > 0 {
          report.refused += 1
        } else if outcome.stale > 0 {
          report.overtaken += 1
        } else {
          report.applied += 1
        }
      } catch is LeaseLost {
        report.overtaken += 1
      }
    }
  }

  private static func change(_ rows: ResultRows, _ row: Int) throws -> ItemChange? {
    guard let id = rows.binary(row, 4), let image = rows.binary(row, 8),
      let event = rows.text(row, 7).flatMap({ StreamRecord.Event(rawValue: $0) }),
      let sequence = rows.text(row, 3).flatMap({ SequenceNumber($0) }),
      let changedAt = rows.text(row, 9).flatMap({ Timestamp($0) })
    else { return nil }
    return ItemChange(
      identity: ItemIdentity(id: id, pk: rows.bytes(row, 5)!, sk: rows.bytes(row, 6)!), event: event,
      sequence: sequence, changedAt: changedAt, image: try EncodedItem(validating: image).decode())
  }
}
