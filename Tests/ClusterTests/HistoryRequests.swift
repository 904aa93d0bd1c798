import Client
import History

/// What a history tells of calls that failed; the requests and the other answers are those of the load generator.
enum HistoryRequests {
  /// What an error tells of a write. Throws for an error that a right request never gets.
  static func result(of error: CallError) throws -> (outcome: HistoryOutcome, output: HistoryOutput) {
    switch error {
    case .service(let failure):
      switch (failure.status, failure.code) {
      case (400, "ConditionalCheckFailedException"): return (.ok, .applied(false))
      // Both promise that the request had no effect.
      case (400, "ThrottlingException"), (503, _): return (.fail, .none)
      case (500, _): return (.unknown, .none)
      default: throw Failure(text: "a request of a load was refused: \(failure)")
      }
    case .transport(let failure):
      // Nothing was sent where there was no connection.
      return (failure.code == .connect ? .fail : .unknown, .none)
    }
  }
}
