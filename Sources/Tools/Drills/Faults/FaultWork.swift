internal import Supervisor

/// One thing that is done to a cluster for a fault; targets are names by now.
enum FaultWork: Sendable, Equatable {
  case kill([String])
  case stop([String])
  case start([String])
  case restart([String])
  case pause([String])
  case resume([String])
  case corrupt([String], DrillFault.CorruptedFile)
  case wipe([String])
  case partition([[String]])
  case isolate(from: [String], to: [String])
  case heal

  /// Finds out whom a fault strikes now.
  init(_ fault: DrillFault, in view: ClusterView) throws {
    switch fault {
    case .kill(let target): self = .kill(try target.names(in: view))
    case .stop(let target): self = .stop(try target.names(in: view))
    case .start(let target): self = .start(try target.names(in: view))
    case .restart(let target): self = .restart(try target.names(in: view))
    case .pause(let target): self = .pause(try target.names(in: view))
    case .resume(let target): self = .resume(try target.names(in: view))
    case .corrupt(let target, let file): self = .corrupt(try target.names(in: view), file)
    case .wipe(let target): self = .wipe(try target.names(in: view))
    case .partition(let groups): self = .partition(try Self.groups(groups, in: view))
    case .isolate(let from, let to):
      let senders = try from.names(in: view)
      self = .isolate(from: senders, to: try to.names(in: view, besides: senders))
    case .heal: self = .heal
    }
  }

  private static func groups(_ groups: [DrillTarget], in view: ClusterView) throws -> [[String]] {
    var named: [String] = []
    for group in groups where group != .others { named += try group.names(in: view) }
    return try groups.map { $0 == .others ? try $0.names(in: view, besides: named) : try $0.names(in: view) }
  }

  /// What ends the fault; nil where nothing does.
  var end: FaultWork? {
    switch self {
    case .kill(let names), .stop(let names): .start(names)
    case .pause(let names): .resume(names)
    case .partition, .isolate: .heal
    case .start, .restart, .resume, .corrupt, .wipe, .heal: nil
    }
  }

  /// For people: `kill n2`.
  var text: String {
    switch self {
    case .kill(let names): "kill " + list(names)
    case .stop(let names): "stop " + list(names)
    case .start(let names): "start " + list(names)
    case .restart(let names): "restart " + list(names)
    case .pause(let names): "pause " + list(names)
    case .resume(let names): "resume " + list(names)
    case .corrupt(let names, let file): "corrupt the \(file.rawValue) of " + list(names)
    case .wipe(let names): "wipe " + list(names)
    case .partition(let groups): "partition " + groups.map { $0.joined(separator: ",") }.joined(separator: " | ")
    case .isolate(let from, let to): "nothing from \(list(from)) reaches \(list(to))"
    case .heal: "heal"
    }
  }

  private func list(_ names: [String]) -> String { names.joined(separator: ", ") }
}

extension DrillTarget {
  /// - Parameter named: the processes that other groups of the same fault name.
  fileprivate func names(in view: ClusterView, besides named: [String] = []) throws -> [String] {
    switch self {
    case .names(let names): return names
    case .nodes: return view.nodes
    case .coordinators: return view.coordinators
    case .others: return (view.nodes + view.coordinators).filter { !named.contains($0) }
    case .leader:
      let leads = view.leaders.reduce(into: [:]) { $0[$1, default: 0] += 1 }
      guard let most = leads.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) else {
        throw DrillError("no shard has a leader that a fault could strike")
      }
      return [most.key]
    case .follower:
      let leads = view.nodes.map { node in (node, view.leaders.count { $0 == node }) }
      guard let fewest = leads.max(by: { ($1.1, $0.0) < ($0.1, $1.0) }) else { throw DrillError("there is no node") }
      return [fewest.0]
    }
  }
}
