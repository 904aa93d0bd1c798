internal import Items

/// What the mirror knows of an item before a batch.
struct MirrorState: Sendable {
  /// The load and the number of the last change that was applied; nil where the item was never seen.
  var version: ItemVersion?
  var mappedTable: String?
  var mappedKey: [UInt8]?
  var hasDeadLetter = false
}

/// What is newer: a later load's number counts before a record's.
struct ItemVersion: Comparable, Sendable {
  var generation: Int
  var sequence: SequenceNumber

  static func < (left: ItemVersion, right: ItemVersion) -> Bool {
    (left.generation, left.sequence) < (right.generation, right.sequence)
  }
}

/// An item's row of the mirror after a batch.
struct MirrorRow: Sendable {
  var change: ItemChange
  var mappedTable: String?
  var mappedKey: [UInt8]?
  var hasDeadLetter: Bool
}

enum MirrorStatements {
  static func states(_ ids: [[UInt8]]) -> Statement {
    Statement(
      """
      SELECT v.place, m.generation, m.sequence_number, m.mapped_table, m.mapped_key, m.has_dead_letter,
        t.generation, t.sequence_number
      FROM unnest($1::bytea[]) WITH ORDINALITY AS v(id, place)
      LEFT JOIN gantry_mirror m ON m.id = v.id LEFT JOIN gantry_tombstones t ON t.id = v.id
      WHERE m.id IS NOT NULL OR t.id IS NOT NULL
      """, [.array(ArrayColumn(.bytea, ids))])
  }

  static func states(_ rows: ResultRows, of ids: [[UInt8]]) -> [[UInt8]: MirrorState] {
    var states: [[UInt8]: MirrorState] = [:]
    for row in 0..<rows.count {
      let mirrored = version(rows, row, 1)
      let deleted = version(rows, row, 6)
      states[ids[rows.integer(row, 0)! - 1]] = MirrorState(
        version: [mirrored, deleted].compactMap { $0 }.max(), mappedTable: rows.text(row, 3),
        mappedKey: rows.bytes(row, 4), hasDeadLetter: rows.flag(row, 5))
    }
    return states
  }

  private static func version(_ rows: ResultRows, _ row: Int, _ column: Int) -> ItemVersion? {
    guard let generation = rows.integer(row, column),
      let sequence = rows.text(row, column + 1).flatMap({ SequenceNumber($0) })
    else { return nil }
    return ItemVersion(generation: generation, sequence: sequence)
  }

  /// The condition repeats what was decided before: an older record never overwrites a newer row, whoever errs.
  static func upsert(_ rows: [MirrorRow], table: String, generation: Int) -> Statement {
    var ids = ArrayColumn(.bytea, capacity: 40 * rows.count)
    var pks = ArrayColumn(.text, capacity: 40 * rows.count)
    var sks = ArrayColumn(.text, capacity: 40 * rows.count)
    var attributes = ArrayColumn(.text, capacity: 512 * rows.count)
    var sequences = ArrayColumn(.text, capacity: 32 * rows.count)
    var times = ArrayColumn(.text, capacity: 32 * rows.count)
    var tables = ArrayColumn(.text, capacity: 24 * rows.count)
    var keys = ArrayColumn(.text, capacity: 24 * rows.count)
    var letters = ArrayColumn(.text, capacity: 8 * rows.count)
    for row in rows {
      ids.append(row.change.identity.id)
      pks.append(row.change.identity.pk)
      sks.append(row.change.identity.sk)
      attributes.append(PlainJSON.object(row.change.image ?? AttributeMap()))
      sequences.append(row.change.sequence.description)
      times.append(row.change.changedAt.description)
      tables.append(row.mappedTable.map { Array($0.utf8) })
      keys.append(row.mappedKey)
      letters.append(row.hasDeadLetter ? "t" : "f")
    }
    return Statement(
      """
      INSERT INTO gantry_mirror AS m (table_name, generation, id, pk, sk, attributes, sequence_number, changed_at,
        mapped_table, mapped_key, has_dead_letter)
      SELECT $1, $2, v.a, v.b, v.c, v.d::jsonb, v.e::numeric, v.f::timestamptz, v.g, v.h, v.i::boolean
      FROM unnest($3::bytea[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
        $11::text[]) AS v(a, b, c, d, e, f, g, h, i)
      ON CONFLICT (id) DO UPDATE SET attributes = EXCLUDED.attributes, sequence_number = EXCLUDED.sequence_number,
        changed_at = EXCLUDED.changed_at, generation = EXCLUDED.generation, mapped_table = EXCLUDED.mapped_table,
        mapped_key = EXCLUDED.mapped_key, has_dead_letter = EXCLUDED.has_dead_letter
      WHERE (m.generation, m.sequence_number) <= (EXCLUDED.generation, EXCLUDED.sequence_number)
      """,
      [
        .text(table), .integer(generation), .array(ids), .array(pks), .array(sks), .array(attributes),
        .array(sequences), .array(times), .array(tables), .array(keys), .array(letters),
      ])
  }

  /// Takes rows out and keeps their numbers for as long as an older record may come.
  static func delete(_ changes: [ItemChange], table: String, generation: Int) -> [Statement] {
    let ids = ArrayColumn(.bytea, changes.map(\.identity.id))
    let sequences = ArrayColumn(.text, changes.map { Array($0.sequence.description.utf8) })
    return [
      Statement("DELETE FROM gantry_mirror WHERE id = ANY($1)", [.array(ids)]),
      Statement(
        """
        INSERT INTO gantry_tombstones (id, table_name, sequence_number, generation)
        SELECT v.a, $3, v.b::numeric, $4 FROM unnest($1::bytea[], $2::text[]) AS v(a, b)
        ON CONFLICT (id) DO UPDATE SET sequence_number = EXCLUDED.sequence_number, generation = EXCLUDED.generation,
          deleted_at = clock_timestamp()
        """, [.array(ids), .array(sequences), .text(table), .integer(generation)]),
    ]
  }
}
