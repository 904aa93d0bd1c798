/// What the checker says of a history.
public struct Verdict: Sendable {
  public enum Judgement: Sendable, Equatable {
    /// There is an order of the operations that explains every answer.
    case linearizable
    /// There is none. Only the first key at fault is told.
    case violation(key: String, evidence: String)
    /// The search for one key was given up within its budget: a failure, as nothing was proven.
    case exhausted(key: String)
  }

  public var judgement: Judgement
  /// Operations with an effect or an answer.
  public var operations: Int
  /// Those of them whose outcome is unknown.
  public var unknown: Int
  /// How often the model was asked.
  public var steps: Int

  public var isLinearizable: Bool { judgement == .linearizable }
}

extension Verdict: CustomStringConvertible {
  public var description: String {
    let history = "\(operations) operations, \(unknown) of unknown outcome; \(steps) steps"
    return switch judgement {
    case .linearizable: "linearizable: \(history)"
    case .violation(let key, let evidence): "not linearizable at key '\(key)': \(history)\n\(evidence)"
    case .exhausted(let key): "no verdict for key '\(key)' within the budget: \(history)"
    }
  }
}
