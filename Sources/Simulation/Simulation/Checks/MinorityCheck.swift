import Environment
import History
import Messages
import Node
import Raft

/// A node that is cut off from all others acknowledges nothing to the coordinators that are cut off with it.
///
/// A change that was asked for after the cut needs a majority that cannot be reached. A read may still be answered under a
/// lease of before, for less than an election's time.
final class MinorityCheck: SimulationCheck {
  private let region: SimulatedRegion
  private let clients: RegisterClients
  /// A lease of before the cut has ended: the longest one, by the slowest clock, rounded up.
  private let leaseMax: Span

  init(_ region: SimulatedRegion, clients: RegisterClients) {
    self.region = region
    self.clients = clients
    let configuration = region.cluster.options.configuration(of: NodeID(1), among: [NodeID(1)])
    leaseMax = Span(nanoseconds: configuration.raft.electionTimeoutMin.nanoseconds / 3 * 5)
  }

  func judge() -> [Violation] {
    region.faults.isolations.flatMap { isolation in
      clients.entries.compactMap { violation($0, isolation) }
    }
  }

  private func violation(_ entry: RegisterClients.Entry, _ isolation: Isolation) -> Violation? {
    guard isolation.coordinators.contains(entry.router), entry.history.outcome == .ok,
      let returned = entry.history.returned, returned <= Int64(isolation.until.nanoseconds)
    else { return nil }
    let patience = entry.history.isCertainChange ? Span.zero : leaseMax
    guard entry.history.invoked >= Int64((isolation.from + patience).nanoseconds) else { return nil }
    return Violation(
      .minority,
      "\(Process.node(isolation.node)) alone answered \(entry.history.operation) of \(entry.history.client) at \(returned / 1_000_000) ms"
    )
  }
}

/// A time in which one node and some coordinators had no way to any other node.
struct Isolation {
  var node: NodeID
  var coordinators: [Int]
  var from: Instant
  var until: Instant
}

extension HistoryEntry {
  /// Whether its answer says that something was changed.
  fileprivate var isCertainChange: Bool {
    switch (operation, output) {
    case (.get, _), (_, .applied(false)): false
    default: true
    }
  }
}
