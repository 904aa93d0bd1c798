internal import Items

extension ClusterFaults {
  /// In `cluster.json` and in reports.
  var json: JSONValue {
    .members([
      "partition": .array(partition.map { .array($0.map { .text($0) }) }),
      "isolated": .array(isolated.map { .members(["from": .text($0.from), "to": .text($0.to)]) }),
      "impairments": .array(impairments.map(\.json)),
      "clocks": .array(clocks.map { .members(["name": .text($0.name), "offsetMs": .integer($0.offsetMs)]) }),
      "pausedReplication": .array(pauses.map(\.json)),
      "disks": .array(disks.map(\.json)),
      "links": .array(links.map(\.json)),
    ])
  }

  /// Nil where the value is none of ours. Files of earlier builds have cuts alone.
  init?(_ json: JSONValue) {
    guard let groups = json["partition"]?.elements, let cuts = json["isolated"]?.elements else { return nil }
    for group in groups {
      guard let names = group.elements?.compactMap(\.text), !names.isEmpty else { return nil }
      partition.append(names)
    }
    for cut in cuts {
      guard let from = cut["from"]?.text, let to = cut["to"]?.text else { return nil }
      isolated.append(OneWay(from: from, to: to))
    }
    for clock in json["clocks"]?.elements ?? [] {
      guard let name = clock["name"]?.text, let offset = clock["offsetMs"]?.integer else { return nil }
      clocks.append(Clock(name: name, offsetMs: offset))
    }
    guard let disks = DiskImpairment.list(json["disks"]) else { return nil }
    self.disks = disks
    guard let impairments = LinkImpairment.list(json["impairments"]), let links = LinkImpairment.list(json["links"]),
      let pauses = ReplicationPause.list(json["pausedReplication"])
    else { return nil }
    (self.impairments, self.links, self.pauses) = (impairments, links, pauses)
  }

  /// All that one process has to know: the body of its `POST /faults`, which replaces what it knew.
  func order(for name: String) -> String {
    let cuts = cuts(of: name)
    var orders = cuts.map { cut -> JSONValue in
      let direction = cut.sending ? (cut.receiving ? "both" : "sending") : "receiving"
      return .members(["peer": .text(cut.peer), "direction": .text(direction), "cut": .bool(true)])
    }
    for way in (links + impairments).sending(from: name)
    where !cuts.contains(where: { $0.peer == way.peer && $0.sending }) {
      orders.append(
        .members([
          "peer": .text(way.peer), "direction": .text("sending"), "delayMs": .integer(way.delay.ms),
          "jitterMs": .integer(way.delay.jitterMs), "lossPerMillion": .integer(way.lossPerMillion),
        ]))
    }
    var body: [JSONValue.Member] = [.init(name: Array("faults".utf8), value: .array(orders))]
    if let clock = clocks.first(where: { $0.name == name }) {
      body.append(.init(name: Array("clockOffsetMs".utf8), value: .integer(clock.offsetMs)))
    }
    if let disk = disks.first(where: { $0.name == name }) {
      body.append(.init(name: Array("disk".utf8), value: disk.order))
    }
    // Each node knows which of them are its own.
    if !pauses.isEmpty {
      body.append(.init(name: Array("pausedReplication".utf8), value: .array(pauses.map(\.json))))
    }
    return JSONValue.object(body).compact
  }

  /// Whether a process has to know anything at all.
  func concern(_ name: String) -> Bool { order(for: name) != ClusterFaults().order(for: name) }
}

extension LinkImpairment {
  var json: JSONValue {
    .members([
      "groups": .array(groups.map { .array($0.map { .text($0) }) }), "delayMs": .integer(delay?.ms),
      "jitterMs": .integer(delay?.jitterMs), "lossPerMillion": .integer(lossPerMillion),
    ])
  }

  init?(_ json: JSONValue) {
    guard let groups = json["groups"]?.elements?.map({ $0.elements?.compactMap(\.text) ?? [] }), groups.count > 1,
      groups.allSatisfy({ !$0.isEmpty })
    else { return nil }
    let delay = json["delayMs"]?.integer.map { Delay(ms: $0, jitterMs: json["jitterMs"]?.integer ?? 0) }
    self.init(groups: groups, delay: delay, lossPerMillion: json["lossPerMillion"]?.integer)
  }

  /// Nil where one of them is none; an absent list is empty.
  static func list(_ json: JSONValue?) -> [LinkImpairment]? {
    let elements = json?.elements ?? []
    let list = elements.compactMap { LinkImpairment($0) }
    return list.count == elements.count ? list : nil
  }
}
