internal import Items

/// What a command changes about the links, the clocks, or what goes between regions.
enum FaultChange: Equatable, Sendable {
  case partition([[String]])
  case isolate(from: String, to: String)
  /// With a delay or a loss, not both.
  case impair(LinkImpairment)
  /// Zero: they are right again.
  case clock([String], offsetMs: Int)
  case pauseReplication([ReplicationPause])
  /// Of all tables: also what was paused table by table.
  case resumeReplication([ReplicationPause])
  /// Replaces what was wrong with these disks; neither full nor slow: nothing is any more.
  case disks([DiskImpairment])
  /// Ends what concerns links.
  case heal

  /// - Parameter words: groups of names with commas.
  static func partition(_ words: [String], of cluster: ClusterDescription) throws(SupervisorError) -> FaultChange {
    .partition(try cluster.groups(words, of: "a partition"))
  }

  /// One for each link, at least one.
  ///
  /// - Parameters: names with commas, or a region's.
  static func isolate(
    from: String, to: String, of cluster: ClusterDescription
  ) throws(SupervisorError) -> [FaultChange] {
    let (senders, receivers) = (try cluster.names(from), try cluster.names(to))
    if let name = senders.first(where: receivers.contains) {
      throw SupervisorError("'\(name)' has no link to itself", exitCode: 2)
    }
    return senders.flatMap { sender in receivers.map { .isolate(from: sender, to: $0) } }
  }

  static func delay(
    _ words: [String], ms: Int, jitterMs: Int, of cluster: ClusterDescription
  ) throws(SupervisorError) -> FaultChange {
    let groups = try cluster.groups(words, of: "a delay")
    let range = 0...LinkImpairment.delayMsMax
    guard range.contains(ms), range.contains(jitterMs) else {
      throw SupervisorError("a delay and its jitter are 0 to \(range.upperBound) ms", exitCode: 2)
    }
    return .impair(LinkImpairment(groups: groups, delay: LinkImpairment.Delay(ms: ms, jitterMs: jitterMs)))
  }

  static func loss(
    _ words: [String], percent: Double, of cluster: ClusterDescription
  ) throws(SupervisorError) -> FaultChange {
    let groups = try cluster.groups(words, of: "a loss")
    guard (0...100).contains(percent) else { throw SupervisorError("a loss is 0 to 100 percent", exitCode: 2) }
    return .impair(LinkImpairment(groups: groups, lossPerMillion: Int((percent * 10_000).rounded())))
  }

  /// - Parameter word: names with commas.
  static func clock(
    _ word: String, offsetMs: Int, of cluster: ClusterDescription
  ) throws(SupervisorError) -> FaultChange {
    guard abs(offsetMs) <= clockOffsetMsMax else {
      throw SupervisorError("a clock can be off by \(clockOffsetMsMax) ms at most", exitCode: 2)
    }
    return .clock(try cluster.names(word), offsetMs: offsetMs)
  }

  /// - Parameter word: names of nodes with commas.
  static func disk(
    _ word: String, isFull: Bool, syncDelayMs: Int, of cluster: ClusterDescription
  ) throws(SupervisorError) -> FaultChange {
    guard (0...DiskImpairment.syncDelayMsMax).contains(syncDelayMs) else {
      throw SupervisorError("a sync can take \(DiskImpairment.syncDelayMsMax) ms longer at most", exitCode: 2)
    }
    let names = try cluster.names(word)
    for name in names where try cluster.known(name).role != .node {
      throw SupervisorError("'\(name)' keeps nothing on a disk: name a node", exitCode: 2)
    }
    return .disks(names.map { DiskImpairment(name: $0, isFull: isFull, syncDelayMs: syncDelayMs) })
  }

  /// A year.
  private static let clockOffsetMsMax = 365 * 86_400_000
}

extension ClusterDescription {
  /// The processes of groups that are written with commas; a region's name means all of its nodes and coordinators.
  fileprivate func groups(_ words: [String], of what: String) throws(SupervisorError) -> [[String]] {
    guard words.count >= 2 else {
      throw SupervisorError("\(what) takes two groups or more, such as: n1 n2,n3", exitCode: 2)
    }
    var seen: Set<String> = []
    var groups: [[String]] = []
    for word in words {
      let names = try names(word)
      for name in names where !seen.insert(name).inserted {
        throw SupervisorError("'\(name)' is named twice; each process is in one group at most", exitCode: 2)
      }
      groups.append(names)
    }
    return groups
  }

  fileprivate func names(_ word: String) throws(SupervisorError) -> [String] {
    var names: [String] = []
    for name in word.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
      if process(named: name) == nil, let region = regions.first(where: { $0.name == name }) {
        names += region.processes.filter(\.role.hasLinks).map(\.name)
        continue
      }
      try checkLinks(of: name)
      names.append(name)
    }
    return names
  }

  fileprivate func checkLinks(of name: String) throws(SupervisorError) {
    guard try !known(name).role.hasLinks else { return }
    throw SupervisorError("links of '\(name)' cannot be cut; pause it, or stop it", exitCode: 2)
  }
}

extension FaultChange {
  var json: JSONValue {
    switch self {
    case .partition(let groups): .members(["partition": .array(groups.map { .array($0.map { .text($0) }) })])
    case .isolate(let from, let to): .members(["isolate": .members(["from": .text(from), "to": .text(to)])])
    case .impair(let impairment): .members(["impair": impairment.json])
    case .clock(let names, let offsetMs):
      .members(["clock": .array(names.map { .text($0) }), "offsetMs": .integer(offsetMs)])
    case .pauseReplication(let ways): .members(["pauseReplication": .array(ways.map(\.json))])
    case .resumeReplication(let ways): .members(["resumeReplication": .array(ways.map(\.json))])
    case .disks(let disks): .members(["disks": .array(disks.map(\.json))])
    case .heal: .members(["heal": .bool(true)])
    }
  }

  init?(_ json: JSONValue) {
    if let groups = json["partition"]?.elements {
      self = .partition(groups.map { $0.elements?.compactMap(\.text) ?? [] })
    } else if let from = json["isolate"]?["from"]?.text, let to = json["isolate"]?["to"]?.text {
      self = .isolate(from: from, to: to)
    } else if let impairment = json["impair"].flatMap(LinkImpairment.init) {
      self = .impair(impairment)
    } else if let names = json["clock"]?.elements, let offsetMs = json["offsetMs"]?.integer {
      self = .clock(names.compactMap(\.text), offsetMs: offsetMs)
    } else if json["pauseReplication"] != nil, let ways = ReplicationPause.list(json["pauseReplication"]) {
      self = .pauseReplication(ways)
    } else if json["resumeReplication"] != nil, let ways = ReplicationPause.list(json["resumeReplication"]) {
      self = .resumeReplication(ways)
    } else if json["disks"] != nil, let disks = DiskImpairment.list(json["disks"]) {
      self = .disks(disks)
    } else if json["heal"]?.bool == true {
      self = .heal
    } else {
      return nil
    }
  }
}
