import Environment

/// One thing that must hold in every run, with whatever it does to find out: clients at work, a look at replicas.
///
/// A check of a later feature is a file of its own: it conforms, and stands in ``SeedRun/checks(_:)``. The methods are called
/// in this order, each once.
protocol SimulationCheck: AnyObject {
  /// The table is there, faults begin: clients go to work.
  func begin()
  /// From now on a majority is whole and stays so, while the rest may stay broken: whatever is asked has to succeed.
  func majorityIsHealed()
  /// Clients stop after what they have under way.
  func stop()
  /// Whether nothing is under way.
  var isIdle: Bool { get }
  /// Every fault is over and every replica whole: last reads, comparisons. ``isIdle`` says when they are done.
  func finish()
  func judge() -> [Violation]
}

extension SimulationCheck {
  func begin() {}
  func majorityIsHealed() {}
  func stop() {}
  var isIdle: Bool { true }
  func finish() {}
}

/// What checks get to work with.
struct SimulatedRegion {
  let cluster: SimulatedCluster
  let faults: FaultDriver
  let table: SimulatedTable
  /// Operations of clients a simulated second.
  var rate: UInt64
  /// The time after which an answer comes too late, once a majority is healed.
  static let patience = Span.seconds(10)
}
