internal import History
public import Load

/// The verdict of a drill, and what it rests on.
public struct DrillReport: Sendable {
  public enum Verdict: String, Sendable {
    case held, missed
    /// Too little happened to prove anything.
    case invalid
  }

  public struct Result: Sendable, Equatable {
    public var expectation: Expectation
    /// Nil: nothing could be said of it here.
    public var isHeld: Bool?
    /// With its unit.
    public var measured: String
    /// What it was seen by.
    public var evidence: String
  }

  public var drill: Drill
  public var load: RunReport
  public var bands: [FaultBand]
  public var results: [Result]
  /// Why the drill proves nothing; nil where it proves something.
  public var invalidity: String?
  public var ledgerWrites: Int
  public var ledgerUnknown: Int

  public var verdict: Verdict {
    if results.contains(where: { $0.isHeld == false }) { return .missed }
    return invalidity == nil ? .held : .invalid
  }

  init(_ drill: Drill, _ evidence: DrillEvidence) {
    self.drill = drill
    load = evidence.load
    bands = evidence.bands
    ledgerWrites = evidence.ledgerWrites
    ledgerUnknown = evidence.ledgerUnknown
    results = drill.expectations.map { Judge(evidence).judge($0) }
    invalidity = Self.invalidity(drill, evidence)
  }

  private static func invalidity(_ drill: Drill, _ evidence: DrillEvidence) -> String? {
    let answered = evidence.load.total.count - evidence.load.total.errors
    if answered < drill.load.operationsMin {
      return "only \(answered) operations were answered, and \(drill.load.operationsMin) are the least that counts"
    }
    if drill.asks(.lostAcknowledgedWrites), evidence.ledgerWrites < Judge.ledgerWritesMin {
      return "only \(evidence.ledgerWrites) writes of the ledger were acknowledged"
    }
    return nil
  }
}
