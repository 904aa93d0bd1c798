internal import Items

/// How far one region is behind another with the changes of one table, over all nodes that told.
struct ReplicationLag: Equatable, Sendable {
  var table: String
  var from: String
  var to: String
  /// Changes of items that have not arrived.
  var pendingChanges: Int
  var pendingBytes: Int
  /// How old the oldest of them is; 0 where there is none.
  var oldestMs: Int
  /// From a change's request to the other region's word that it has it, since the nodes started; of several nodes the
  /// slowest's. Nil before the first change.
  var latencyP50Ms: Double?
  var latencyP99Ms: Double?
  /// Nothing is sent, because somebody asked for that.
  var isPaused = false

  /// One of a node's answer.
  init?(_ json: JSONValue, from region: String) {
    guard let table = json["table"]?.text, let to = json["to"]?.text, let changes = json["pendingChanges"]?.integer
    else { return nil }
    (self.table, from, self.to, pendingChanges) = (table, region, to, changes)
    pendingBytes = json["pendingBytes"]?.integer ?? 0
    oldestMs = json["oldestMs"]?.integer ?? 0
    latencyP50Ms = json["latencyP50Ms"]?.double
    latencyP99Ms = json["latencyP99Ms"]?.double
  }

  private mutating func add(_ other: ReplicationLag) {
    pendingChanges += other.pendingChanges
    pendingBytes += other.pendingBytes
    oldestMs = max(oldestMs, other.oldestMs)
    latencyP50Ms = [latencyP50Ms, other.latencyP50Ms].compactMap { $0 }.max()
    latencyP99Ms = [latencyP99Ms, other.latencyP99Ms].compactMap { $0 }.max()
  }

  /// One entry a table and pair, by these names.
  static func merged(_ lags: [ReplicationLag], pauses: [ReplicationPause]) -> [ReplicationLag] {
    var merged: [ReplicationLag] = []
    for lag in lags {
      if let place = merged.firstIndex(where: { $0.table == lag.table && $0.from == lag.from && $0.to == lag.to }) {
        merged[place].add(lag)
      } else {
        merged.append(lag)
      }
    }
    for place in merged.indices {
      let lag = merged[place]
      merged[place].isPaused = pauses.contains { pause in
        pause.from == lag.from && pause.to == lag.to && (pause.table ?? lag.table) == lag.table
      }
    }
    return merged.sorted { ($0.table, $0.from, $0.to) < ($1.table, $1.from, $1.to) }
  }

  var json: JSONValue {
    .members([
      "table": .text(table), "from": .text(from), "to": .text(to), "pendingChanges": .integer(pendingChanges),
      "pendingBytes": .integer(pendingBytes), "oldestMs": .integer(oldestMs), "latencyP50Ms": .decimal(latencyP50Ms),
      "latencyP99Ms": .decimal(latencyP99Ms), "paused": .bool(isPaused),
    ])
  }

  static let header = ["TABLE", "FROM", "TO", "PENDING", "OLDEST", "LATENCY P50", "P99"]

  var row: [String] {
    func milliseconds(_ value: Double?) -> String { value.map { "\(Int($0.rounded(.up))) ms" } ?? "-" }
    return [
      table, from, to, "\(pendingChanges)" + (isPaused ? " (paused)" : ""), "\(oldestMs) ms",
      milliseconds(latencyP50Ms), milliseconds(latencyP99Ms),
    ]
  }
}
