extension ClusterStatus {
  /// Tables for people.
  public var text: String {
    var text = regions.map { "\($0.endpoint)  (region \($0.name), cluster \(cluster.prefix(8)))\n" }.joined() + "\n"
    text += Self.table(
      ["PROCESS", "ROLE", "STATE", "PID", "ADDRESS", "ADMIN"], processes.map(\.row))
    for process in processes where process.state == .down && !process.lastLines.isEmpty {
      text += "\nlast lines of \(process.described.name):\n"
      text += process.lastLines.map { "  \($0)\n" }.joined()
    }
    if !faults.links.isEmpty { text += "\nLinks: \(faults.links.map(\.text).joined(separator: "; "))\n" }
    if !faults.isEmpty { text += "\nFaults: \(faults.text)\n" }
    for region in regions { text += "\n" + shards(of: region) }
    for change in regions.compactMap({ $0.members?.text }) { text += "\nMembers: \(change)\n" }
    if regions.contains(where: { !$0.groups.isEmpty }) {
      text += "\nEach replica: applied/logged index; * leads, ! is not healthy.\n"
      for line in complaints { text += line + "\n" }
    }
    if !replication.isEmpty {
      text += "\nReplication, what has not arrived and how long changes took:\n"
      text += Self.table(ReplicationLag.header, replication.map(\.row))
    }
    switch agreement {
    case .equal: text += "Checksums: equal on all living replicas.\n"
    case .unequal: text += "Checksums: NOT EQUAL. Replicas of one shard differ; see --json for the sums.\n"
    case .incomplete: text += "Checksums: incomplete; not every living replica showed its sum in time.\n"
    case nil: break
    }
    for table in globalTables { text += table.text + "\n" }
    return text
  }

  private func shards(of region: Region) -> String {
    let title = regions.count > 1 ? "Region \(region.name):\n" : ""
    if region.groups.isEmpty { return title + "No node answers, so nothing is known of the shards.\n" }
    let nodes = processes.filter { $0.described.role == .node && $0.region == region.name }.map(\.described.name)
    return title
      + Self.table(["SHARD", "FROM HASH", "LEADER", "TERM"] + nodes, region.groups.map { $0.row(nodes) })
  }

  /// Why replicas are not healthy; once a node where all of its replicas say the same.
  private var complaints: [String] {
    var lines: [String] = []
    for process in processes {
      let name = process.described.name
      let reasons: [(id: Int, text: String)] = regions.flatMap(\.groups).flatMap { group in
        group.replicas.filter { $0.node == name }.compactMap { replica in replica.reason.map { (group.id, $0) } }
      }
      let isCommon = reasons.count > 1 && reasons.allSatisfy { $0.text == reasons[0].text }
      for reason in reasons.prefix(isCommon ? 1 : reasons.count) {
        lines.append(isCommon ? "\(name): \(reason.text)" : "\(name), \(Self.name(of: reason.id)): \(reason.text)")
      }
    }
    return lines
  }

  private static func name(of group: Int) -> String { group == 0 ? "metadata" : "shard \(group)" }

  /// Columns as wide as their longest cell.
  static func table(_ header: [String], _ rows: [[String]]) -> String {
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        line += cell + String(repeating: " ", count: widths[column] - cell.count + 2)
      }
      while line.last == " " { line.removeLast() }
      return line + "\n"
    }.joined()
  }
}

extension ClusterStatus.Process {
  fileprivate var row: [String] {
    let shown = state == .up && isReady != true ? "not ready" : state.rawValue
    let pid = state == .down ? "-" : described.identity.map { "\($0.pid)" } ?? "-"
    let (address, admin) = (described.address, described.admin)
    return [
      described.name, described.role.rawValue, shown, pid, address.isEmpty ? "-" : address, admin.isEmpty ? "-" : admin,
    ]
  }
}

extension ClusterStatus.Shard {
  fileprivate func row(_ nodes: [String]) -> [String] {
    let name = id == 0 ? "metadata" : "\(id)"
    return [name, range?.first ?? "-", leader ?? "none", "\(term)"]
      + nodes.map { node in replicas.first { $0.node == node }?.cell ?? "-" }
  }
}

extension ClusterStatus.Replica {
  fileprivate var cell: String {
    guard let appliedIndex, let logIndex else { return "?" }
    return "\(appliedIndex)/\(logIndex)" + (role == "leader" ? "*" : "") + (isHealthy ? "" : "!")
  }
}
