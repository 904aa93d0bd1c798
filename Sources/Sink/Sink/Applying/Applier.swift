internal import Glibc

/// Where a batch comes from, and the statement that proves that it still may be applied.
struct BatchPlace: Sendable {
  var stream: String
  var shard: String
  /// Moves the checkpoint to the end of the entries, under the lease's number. It changes exactly one row, or the lease
  /// has gone to somebody else.
  var fence: @Sendable (ArraySlice<BatchEntry>) -> Statement
  /// Whether changes with the mirror's own version are applied again: for dead letters that are tried anew.
  var repeats = false
}

/// Somebody else has the lease: nothing was applied.
struct LeaseLost: Error, Equatable {}

/// Applies batches: mirror, mapped tables, audit, dead letters and checkpoint in one transaction.
struct Applier: Sendable {
  /// How far a batch that PostgreSQL refuses is cut back, until it goes in.
  enum Mode: CaseIterable, Comparable, Sendable {
    case whole
    /// Parked rows stay where they are: one of them may be what is refused.
    case withoutWaiting
    /// No rows: they become a dead letter.
    case withoutRows
    /// Nothing but the dead letter.
    case lettersOnly
  }

  /// Serialisation failures, deadlocks and parents that somebody else deleted in between.
  static let attemptsMax = 20

  let shape: TableShape
  let schema: TargetSchema

  /// Applies the entries in their order. Where PostgreSQL refuses data, the batch is halved until what is refused is
  /// alone, and set aside; each part moves the checkpoint with it.
  ///
  /// Throws `LeaseLost`, or a `PostgresError` that is about the connection or the schema; what was committed before
  /// stays.
  func apply(_ entries: [BatchEntry], from place: BatchPlace, on connection: Connection) throws -> ApplyOutcome {
    var outcome = ApplyOutcome(tables: schema.tables.count)
    try apply(entries[...], from: place, on: connection, &outcome)
    return outcome
  }

  private func apply(
    _ entries: ArraySlice<BatchEntry>, from place: BatchPlace, on connection: Connection, _ outcome: inout ApplyOutcome
  ) throws {
    do {
      outcome += try attempt(entries, .whole, nil, place, connection)
    } catch let error as PostgresError where error.isAboutData {
      guard entries.count > 1 else { return try isolate(entries, error, place, connection, &outcome) }
      let middle = entries.startIndex + entries.count / 2
      try apply(entries[..<middle], from: place, on: connection, &outcome)
      try apply(entries[middle...], from: place, on: connection, &outcome)
    }
  }

  /// The one entry that is refused.
  private func isolate(
    _ entries: ArraySlice<BatchEntry>, _ refusal: PostgresError, _ place: BatchPlace, _ connection: Connection,
    _ outcome: inout ApplyOutcome
  ) throws {
    var refusal = refusal
    for mode in Mode.allCases.dropFirst() {
      do {
        outcome += try attempt(entries, mode, refusal, place, connection)
        return
      } catch let error as PostgresError where error.isAboutData && mode != .lettersOnly {
        if mode > .withoutWaiting { refusal = error }
      }
    }
  }

  private func attempt(
    _ entries: ArraySlice<BatchEntry>, _ mode: Mode, _ refusal: PostgresError?, _ place: BatchPlace,
    _ connection: Connection
  ) throws -> ApplyOutcome {
    var exclusive: Set<Int> = []
    var retries = 0
    while true {
      do {
        var transaction = BatchTransaction(
          applier: self, place: place, entries: entries, mode: mode, refusal: refusal, connection: connection)
        var outcome = try transaction.run(exclusive: exclusive)
        outcome.retries = retries
        return outcome
      } catch let error as NeedsLocks {
        connection.rollBack()
        exclusive.formUnion(error.tables)
      } catch let error as PostgresError where error.isSerializationFailure || error.isForeignKeyViolation {
        connection.rollBack()
        retries += 1
        guard retries < (error.isForeignKeyViolation ? 3 : Self.attemptsMax) else { throw error }
        usleep(UInt32.random(in: 0...UInt32(1_000 * retries)))
      } catch {
        if (error as? PostgresError)?.isConnectionLost != true { connection.rollBack() }
        throw error
      }
    }
  }
}

/// A plan parks rows but its transaction does not have these parents' locks alone: it is begun again with them.
struct NeedsLocks: Error {
  var tables: Set<Int>
}
