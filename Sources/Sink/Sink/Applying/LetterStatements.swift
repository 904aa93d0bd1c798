internal import Items

enum LetterStatements {
  static func insert(_ letter: DeadLetter, table: String, stream: String, shard: String) -> Statement {
    Statement(
      """
      INSERT INTO gantry_dead_letters
        (id, table_name, stream, shard, sequence_number, pk, sk, event, target_table, reason, image, changed_at)
      VALUES ($1, $2, $3, $4, $5::numeric, convert_from($6, 'UTF8'), convert_from($7, 'UTF8'), $8, $9, $10, $11,
        $12::timestamptz)
      ON CONFLICT (stream, shard, sequence_number, item_key) DO UPDATE SET reason = EXCLUDED.reason, died_at = clock_timestamp()
      """,
      [
        letter.identity.map { .bytes($0.id) } ?? .null, .text(table), .text(stream), .text(shard),
        .text(letter.sequence.description), .bytes(letter.identity?.pk ?? []), .bytes(letter.identity?.sk ?? []),
        .text(letter.event.rawValue), .optional(letter.targetTable),
        .text(String(decoding: PostgresText.escaped(Array(letter.reason.utf8)), as: UTF8.self)),
        letter.image.map { .bytes(EncodedItem($0).bytes) } ?? .null, .text(letter.changedAt.description),
      ])
  }

  /// The item has been applied since.
  static func delete(_ ids: [[UInt8]]) -> Statement {
    Statement("DELETE FROM gantry_dead_letters WHERE id = ANY($1)", [.array(ArrayColumn(.bytea, ids))])
  }
}
