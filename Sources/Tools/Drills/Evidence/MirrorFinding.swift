internal import Client
internal import Sink
internal import Supervisor

/// What the mirror in PostgreSQL came to when nobody wrote any more.
enum MirrorFinding: Sendable, Equatable {
  /// It never had all of the table, and why.
  case behind(String)
  /// How long it took to catch up.
  case compared(MirrorCheck, seconds: Double)

  /// - Parameters:
  ///   - client: of the table.
  ///   - limit: when to give up.
  static func look(at mirror: ClusterView.Mirror, _ client: DynamoClient, limit: Duration) async -> MirrorFinding {
    let start = ContinuousClock.now
    do {
      let target = try PostgresTarget(mirror.postgres)
      let timeoutMs = Int(Clocks.seconds(limit) * 1_000)
      guard try await MirrorWait.run(target, table: mirror.table, timeoutMs: timeoutMs) else {
        return .behind("the mirror did not catch up in \(timeoutMs / 1_000) s")
      }
      let seconds = Clocks.seconds(ContinuousClock.now - start)
      return .compared(try await MirrorCheck.run(target, table: mirror.table, client: client), seconds: seconds)
    } catch {
      return .behind("the mirror cannot be asked: \(error)")
    }
  }
}
