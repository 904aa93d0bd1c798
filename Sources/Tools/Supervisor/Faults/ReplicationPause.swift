internal import Items

/// Changes of one table, or of all, that do not go from one region to another until somebody resumes it.
struct ReplicationPause: Equatable, Sendable {
  /// Nil: all tables.
  var table: String?
  var from: String
  var to: String

  /// For people.
  var text: String { "replication of \(table ?? "all tables") from \(from) to \(to) is paused" }

  var json: JSONValue { .members(["table": .text(table), "from": .text(from), "to": .text(to)]) }

  init(table: String?, from: String, to: String) {
    (self.table, self.from, self.to) = (table, from, to)
  }

  init?(_ json: JSONValue) {
    guard let from = json["from"]?.text, let to = json["to"]?.text else { return nil }
    self.init(table: json["table"]?.text, from: from, to: to)
  }

  /// Nil where one of them is none; an absent list is empty.
  static func list(_ json: JSONValue?) -> [ReplicationPause]? {
    let elements = json?.elements ?? []
    let list = elements.compactMap { ReplicationPause($0) }
    return list.count == elements.count ? list : nil
  }
}

extension ReplicationPause {
  /// Every way that a command means: from one region to another, from or to one region, or between all.
  ///
  /// - Throws: with exit code 2, where there are no such regions.
  static func ways(
    table: String?, from: String?, to: String?, both region: String?, of cluster: ClusterDescription
  ) throws(SupervisorError) -> [ReplicationPause] {
    let regions = cluster.regions.map(\.name)
    guard regions.count > 1 else { throw SupervisorError("the cluster has one region alone", exitCode: 2) }
    for name in [from, to, region] {
      guard let name, !regions.contains(name) else { continue }
      throw SupervisorError("there is no region '\(name)': there are \(regions.joined(separator: ", "))", exitCode: 2)
    }
    guard region == nil || (from == nil && to == nil) else {
      throw SupervisorError("name a region, or --from and --to, not both", exitCode: 2)
    }
    let ways = regions.flatMap { source in regions.map { ReplicationPause(table: table, from: source, to: $0) } }
    let meant = ways.filter { way in
      way.from != way.to && (from ?? way.from) == way.from && (to ?? way.to) == way.to
        && (region.map { $0 == way.from || $0 == way.to } ?? true)
    }
    guard !meant.isEmpty else { throw SupervisorError("'\(from ?? "")' sends nothing to itself", exitCode: 2) }
    return meant
  }
}
