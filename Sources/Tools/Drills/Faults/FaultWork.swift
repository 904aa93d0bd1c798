internal import Environment
internal import Load
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
  case add([String])
  case drain([String])
  case replace([String])
  case partition([[String]])
  case isolate(from: [String], to: [String])
  case delay([[String]], ms: Int, jitterMs: Int)
  case loss([[String]], percent: Double)
  case heal
  /// Zero: they are right again.
  case clock([String], offsetMs: Int)
  case fullDisk([String])
  case slowDisk([String], ms: Int)
  case wholeDisk([String])

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
    case .add(let target): self = .add(try target.names(in: view))
    case .drain(let target): self = .drain(try target.names(in: view))
    case .replace(let target): self = .replace(try target.names(in: view))
    case .partition(let groups): self = .partition(try Self.groups(groups, in: view))
    case .isolate(let from, let to):
      let senders = try from.names(in: view)
      self = .isolate(from: senders, to: try to.names(in: view, besides: senders))
    case .delay(let groups, let delay, let jitter):
      self = .delay(try Self.groups(groups, in: view), ms: delay.wholeMilliseconds, jitterMs: jitter.wholeMilliseconds)
    case .loss(let groups, let percent): self = .loss(try Self.groups(groups, in: view), percent: percent)
    case .heal: self = .heal
    case .clock(let target, let offsetMs): self = .clock(try target.names(in: view), offsetMs: offsetMs)
    case .fullDisk(let target): self = .fullDisk(try target.names(in: view))
    case .slowDisk(let target, let delay):
      self = .slowDisk(try target.names(in: view), ms: delay.wholeMilliseconds)
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
    case .partition, .isolate, .delay, .loss: .heal
    case .clock(let names, _): .clock(names, offsetMs: 0)
    case .fullDisk(let names), .slowDisk(let names, _): .wholeDisk(names)
    case .start, .restart, .resume, .corrupt, .wipe, .add, .drain, .replace, .heal, .wholeDisk: nil
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
    case .add(let names): "add " + list(names)
    case .drain(let names): "drain " + list(names)
    case .replace(let names): "replace " + list(names)
    case .partition(let groups): "partition " + list(groups)
    case .isolate(let from, let to): "nothing from \(list(from)) reaches \(list(to))"
    case .delay(let groups, let ms, _): "\(ms) ms between " + list(groups)
    case .loss(let groups, let percent): "\(Decimals.shortest(percent, 3)) % lost between " + list(groups)
    case .heal: "heal"
    case .clock(let names, 0): "set the clock of \(list(names)) right"
    case .clock(let names, let offsetMs): "set the clock of \(list(names)) off by \(offsetMs) ms"
    case .fullDisk(let names): "fill the disk of " + list(names)
    case .slowDisk(let names, let ms): "slow the disk of \(list(names)) by \(ms) ms a sync"
    case .wholeDisk(let names): "make the disk of \(list(names)) whole"
    }
  }

  private func list(_ groups: [[String]]) -> String {
    groups.map { $0.joined(separator: ",") }.joined(separator: " | ")
  }

  private func list(_ names: [String]) -> String { names.joined(separator: ", ") }
}

extension DrillTarget {
  /// A name among others may be a word for whoever leads then.
  private static func meant(by name: String, in view: ClusterView) throws -> [String] {
    let target = DrillTarget(name)
    if case .names = target {
      let isRegion = view.regions.contains(name) && !view.processes.contains { $0.name == name }
      guard isRegion else { return [name] }
      return view.processes.filter { $0.region == name && $0.kind != .other }.map(\.name)
    }
    return try target.names(in: view)
  }

  /// - Parameter named: the processes that other groups of the same fault name.
  fileprivate func names(in view: ClusterView, besides named: [String] = []) throws -> [String] {
    switch self {
    case .names(let names): return try names.flatMap { try Self.meant(by: $0, in: view) }
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

extension Span {
  fileprivate var wholeMilliseconds: Int { Int(nanoseconds / 1_000_000) }
}
