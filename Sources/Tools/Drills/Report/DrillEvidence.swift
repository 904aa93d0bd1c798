internal import History
internal import Load

/// What a drill has seen, before anyone judges it.
struct DrillEvidence: Sendable {
  var load: RunReport
  var history: [HistoryEntry]
  var bands: [FaultBand]
  /// Nil without a cluster.
  var convergence: Convergence?
  /// Acknowledged rows of the ledger that are gone; nil where nobody looked.
  var lost: [String]?
  /// Acknowledged rows of the ledger of which no strong read told anything.
  var unread: Ledger.Unread?
  /// Nil where nobody looked.
  var mirror: MirrorFinding?
  /// Nil where nobody looked.
  var regions: RegionsFinding?
  var ledgerWrites = 0
  var ledgerUnknown = 0

  init(load: RunReport, history: [HistoryEntry], bands: [FaultBand], convergence: Convergence?) {
    self.load = load
    self.history = history
    self.bands = bands
    self.convergence = convergence
  }
}
