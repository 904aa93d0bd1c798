/// What became of a batch.
struct ApplyOutcome: Equatable, Sendable {
  var records = 0
  /// Older than what the mirror has, or overtaken within the batch.
  var stale = 0
  var mirrored = 0
  var deleted = 0
  /// Rows written and deleted, by mapped table.
  var rows: [Int]
  var parked = 0
  var unparked = 0
  var audited = 0
  var letters = 0
  /// Transactions that were begun again.
  var retries = 0

  init(tables: Int) { rows = Array(repeating: 0, count: tables) }

  static func += (left: inout ApplyOutcome, right: ApplyOutcome) {
    left.records += right.records
    left.stale += right.stale
    left.mirrored += right.mirrored
    left.deleted += right.deleted
    for index in left.rows.indices { left.rows[index] += right.rows[index] }
    left.parked += right.parked
    left.unparked += right.unparked
    left.audited += right.audited
    left.letters += right.letters
    left.retries += right.retries
  }
}
