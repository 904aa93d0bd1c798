internal import Client
internal import Items

/// `gantry cluster add|drain|replace`: nodes come and go while the cluster serves. What moves and when the metadata group
/// decides; a command that is broken off is simply given again.
public struct MemberCommands: Sendable {
  let folder: DataFolder
  let progress: @Sendable (String) -> Void

  public init(_ folder: DataFolder, progress: @escaping @Sendable (String) -> Void) {
    self.folder = folder
    self.progress = progress
  }

  public struct Report: Sendable {
    public var text: String
    public var json: String

    init(_ change: String, _ name: String, _ text: String, _ followed: MemberProgress) {
      self.text = text
      json =
        JSONValue.members([
          "change": .text(change), "node": .text(name), "moved": .integer(followed.moved),
          "durationMs": .integer(followed.durationMs),
        ]).compact + "\n"
    }
  }

  /// Makes a node and gives it its share of the replicas.
  ///
  /// - Parameter region: nil: the first one.
  public func add(_ name: String, region: String? = nil) async throws(SupervisorError) -> Report {
    try await HTTPClient.during { (http) async throws(SupervisorError) in
      let isNew = try ClusterDescription.ofRunning(folder).process(named: name) == nil
      let process = try await make(name, in: region, http)
      let change = MemberChange(folder: folder, http: http, node: process)
      let version = try accepted(await change.ask("add", change.member(process)), made: isNew ? name : nil)
      let followed = try await change.follow(from: version, progress)
      return Report("add", name, "\(name) is a member: \(followed.text)", followed)
    }
  }

  /// Moves every replica off a node, stops it and takes it out.
  public func drain(_ name: String) async throws(SupervisorError) -> Report {
    try await HTTPClient.during { (http) async throws(SupervisorError) in
      let process = try node(name)
      let change = MemberChange(folder: folder, http: http, node: process)
      try await change.checkOthers(butFor: [name])
      let version = try accepted(await change.ask("drain", [("node", .integer(process.node))]))
      let followed = try await change.follow(from: version, progress)
      try takeOut(name)
      return Report("drain", name, "\(name) has left: \(followed.text)", followed)
    }
  }

  /// Puts a new node in the place of one that may be dead.
  ///
  /// - Parameter replacement: its name; nil: the old one's with the first free number.
  public func replace(_ name: String, with replacement: String? = nil) async throws(SupervisorError) -> Report {
    try await HTTPClient.during { (http) async throws(SupervisorError) in
      let process = try node(name)
      let change = MemberChange(folder: folder, http: http, node: process)
      let under = await change.members()
      let earlier = under?.replacement(of: process.node)
      if let earlier, let replacement, earlier != replacement {
        throw SupervisorError("\(name) is being replaced by \(earlier) already")
      }
      let free = try nextName(like: name)
      let new = earlier ?? replacement ?? free
      if earlier == nil { try await change.checkOthers(butFor: [name, new]) }
      let isNew = try ClusterDescription.ofRunning(folder).process(named: new) == nil
      let made = try await make(new, in: try regionName(of: name), http)
      let asked = [("node", JSONValue.integer(process.node)), ("by", change.json(change.member(made)))]
      let version = try accepted(await change.ask("replace", asked), made: isNew ? new : nil)
      let followed = try await change.follow(from: version, progress)
      try takeOut(name)
      return Report("replace", new, "\(new) is in the place of \(name): \(followed.text)", followed)
    }
  }

  // MARK: Processes

  private func node(_ name: String) throws(SupervisorError) -> DescribedProcess {
    let process = try ClusterDescription.ofRunning(folder).known(name)
    guard process.role == .node else {
      throw SupervisorError("\(name) is a \(process.role.rawValue), not a node", exitCode: 2)
    }
    return process
  }

  private func regionName(of name: String) throws(SupervisorError) -> String? {
    try ClusterDescription.ofRunning(folder).regions.first { $0.processes.contains { $0.name == name } }?.name
  }

  private func nextName(like name: String) throws(SupervisorError) -> String {
    Self.nextName(like: name, among: try ClusterDescription.ofRunning(folder).processes.map(\.name))
  }

  /// The first name that is free and differs by its number alone: `us-n3` for `us-n1` where there is a `us-n2`.
  static func nextName(like name: String, among names: [String]) -> String {
    let stem = name.reversed().drop { $0.isNumber }.reversed().map(String.init).joined()
    var number = 1
    while names.contains("\(stem)\(number)") { number += 1 }
    return "\(stem)\(number)"
  }

  /// Returns when the node runs.
  private func make(
    _ name: String, in region: String?, _ http: HTTPClient
  ) async throws(SupervisorError) -> DescribedProcess {
    try order(.add, region.map { "\($0)/\(name)" } ?? name)
    try await Readiness(folder: folder, http: http).wait(for: [name], until: .started)
    return try node(name)
  }

  private func order(_ verb: ControlRequest.Verb, _ name: String) throws(SupervisorError) {
    switch try ControlClient.ask(ControlRequest(verb, name), folder) {
    case .done: return
    case .failed(let reason): throw SupervisorError(reason)
    case nil:
      throw SupervisorError("the supervisor of \(folder.path) is gone: run gantry cluster down and up, then this again")
    }
  }

  /// - Parameter made: a node that was made for the change: where that is refused the cluster knows nothing of it.
  private func accepted(_ outcome: MemberChange.Outcome, made: String? = nil) throws(SupervisorError) -> Int {
    switch outcome {
    case .accepted(let version): return version
    case .refused(let reason):
      if let made { try takeOut(made) }
      throw SupervisorError(reason)
    }
  }

  private func takeOut(_ name: String) throws(SupervisorError) {
    _ = try ProcessCommands(folder, name).stop()
    try order(.remove, name)
  }
}
