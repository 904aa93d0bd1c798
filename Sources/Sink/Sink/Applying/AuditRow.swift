internal import Items

/// A change of an order's status, for `billing_ledger_audit`. Only texts count: a status, id or time of another type is
/// as one that is absent.
struct AuditRow: Hashable, Sendable {
  private static let patientID = Array("patientId".utf8)
  private static let encounterID = Array("encounterId".utf8)
  private static let orderStatus = Array("orderStatus".utf8)
  private static let updatedAt = Array("updatedAt".utf8)

  var patientID: [UInt8]
  var encounterID: [UInt8]
  var oldStatus: [UInt8]
  var newStatus: [UInt8]
  var changedAt: Timestamp
  /// Differs for every record of every stream.
  var eventID: [UInt8]

  /// Nil where the status stays what it was.
  ///
  /// - Parameter recordedAt: stands where the item has no time that can be read.
  init?(old: AttributeMap, new: AttributeMap, recordedAt: Timestamp, eventID: [UInt8]) {
    oldStatus = Self.text(old, Self.orderStatus)
    newStatus = Self.text(new, Self.orderStatus)
    guard oldStatus != newStatus else { return nil }
    patientID = Self.text(old, Self.patientID)
    encounterID = Self.text(old, Self.encounterID)
    changedAt = Timestamp(String(decoding: Self.text(new, Self.updatedAt), as: UTF8.self)) ?? recordedAt
    self.eventID = eventID
  }

  private static func text(_ item: AttributeMap, _ name: [UInt8]) -> [UInt8] {
    guard case .string(let text) = item[name] else { return [] }
    return PostgresText.escaped(text)
  }

  /// A row that is there already is the same change, read again.
  static func insert(_ rows: [AuditRow], table: String) -> Statement {
    func column(_ value: (AuditRow) -> [UInt8]) -> Parameter { .array(ArrayColumn(.text, rows.map(value))) }
    return Statement(
      """
      INSERT INTO billing_ledger_audit
        (patient_id, encounter_id, old_status, new_status, changed_at, event_id, table_name)
      SELECT v.a, v.b, v.c, v.d, v.e::timestamptz, v.f, $7
      FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[]) AS v(a, b, c, d, e, f)
      ON CONFLICT (event_id) DO NOTHING
      """,
      [
        column(\.patientID), column(\.encounterID), column(\.oldStatus), column(\.newStatus),
        column { Array($0.changedAt.description.utf8) }, .array(ArrayColumn(.bytea, rows.map(\.eventID))), .text(table),
      ])
  }
}
