internal import Logging

/// What has to hold before anything is mirrored: the table has a stream with images, the database has the schema, and
/// the mapping fits both.
struct SinkSetup: Sendable {
  struct Prepared: Sendable {
    var shape: TableShape
    var stream: String
    var schema: TargetSchema
    var residency: Residency
  }

  let plan: SinkPlan
  let api: any StreamsAPI
  let session: Session
  let logger: Logger

  /// Waits for an endpoint or a PostgreSQL that does not answer yet; throws what only a person can mend.
  func run() async throws -> Prepared {
    let residency = try Residency(plan.mapping.residency, key: plan.residencyKey, file: plan.mapping.file)
    let facts = try await patiently { try await api.describe(table: plan.table) }
    guard let stream = facts.stream else {
      throw SinkError(
        "the table \(plan.table) has no stream; switch it on with StreamViewType NEW_AND_OLD_IMAGES (UpdateTable)")
    }
    switch facts.viewType {
    case "KEYS_ONLY", "OLD_IMAGE":
      throw SinkError("the stream of \(plan.table) carries \(facts.viewType!); a mirror needs NEW_AND_OLD_IMAGES")
    case "NEW_IMAGE":
      logger.warning("the stream carries no old images: no change of an order's status can be told to the audit")
    default: break
    }
    try residency.check(facts.shape, file: plan.mapping.file)
    let shape = facts.shape
    let schema = try await patiently {
      try await session.run { [plan] in try Self.prepare(plan, facts, $0) }
    }
    return Prepared(shape: shape, stream: stream, schema: schema, residency: residency)
  }

  static func prepare(_ plan: SinkPlan, _ facts: TableFacts, _ connection: Connection) throws -> TargetSchema {
    let own = plan.mapping.schema.map { name in
      Migration.Family.named(name) ?? { fatalError("The schema \(name) was not checked.") }()
    }
    try Migrator(connection: connection).migrate([.core] + (own.map { [$0] } ?? []))
    try TableProgress.register(facts, mapping: plan.mapping, on: connection)
    return try TargetCatalog(connection: connection, mapping: plan.mapping).read()
  }

  private func patiently<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
    var attempt = 0
    while true {
      do {
        return try await body()
      } catch let error as PostgresError where error.isConnectionLost && !error.isHopeless {
        logger.warning("waiting for PostgreSQL", metadata: ["reason": "\(error)"])
      } catch let error as StreamsFailure where error.isTransient {
        logger.warning("waiting for the endpoint", metadata: ["reason": "\(error)"])
      } catch let error as StreamsFailure where plan.awaitsTable && error.isNotFound {
        logger.info("waiting for the table", metadata: ["table": "\(plan.table)"])
      }
      attempt += 1
      try await Task.sleep(for: .milliseconds(min(1_000, 50 << min(attempt, 6))))
    }
  }
}

extension PostgresError {
  /// Only a person can mend it: a password, a role or a database that is wrong.
  var isHopeless: Bool {
    kind == .connection
      && (ConnectionAdvice.of(message) != nil
        || ["authentication failed", "does not exist", "no password supplied", "certificate"].contains {
          message.contains($0)
        })
  }
}
