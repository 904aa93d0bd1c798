import Messages
import Node
import Telemetry

/// What a node shows of replication for each table and other region; series appear with the first look at a pair.
/// Confined to the node's loop.
final class RegionMetrics {
  private struct Series {
    var table: TableID
    var region: String
    var pending: Gauge
    var pendingBytes: Gauge
    var lagMs: Gauge
    var delays: LatencyHistogram
  }

  private let own: String
  private let state: ProcessState
  private var registry = MetricRegistry()
  private var series: [Series] = []

  init(region own: String, _ state: ProcessState) {
    self.own = own
    self.state = state
  }

  func showLevels(_ node: Node) {
    let lags = node.regionLags
    // A pair that this node no longer leads has nothing that waits here.
    for known in series where !lags.contains(where: { $0.table == known.table && $0.region == known.region }) {
      for gauge in [known.pending, known.pendingBytes, known.lagMs] { gauge.set(0) }
    }
    let before = series.count
    for lag in lags {
      let series = series(of: lag.table, lag.region, node)
      series.pending.set(Int64(clamping: lag.changes))
      series.pendingBytes.set(Int64(clamping: lag.bytes))
      series.lagMs.set(Int64(clamping: lag.ageMs))
    }
    for pair in node.takeRegionDelays().pairs {
      let delays = series(of: pair.table, pair.region, node).delays
      for delay in pair.delaysMs { delays.record(nanoseconds: delay * 1_000_000) }
    }
    if series.count > before { state.publish(regions: registry) }
  }

  /// Nanoseconds since the node started; nil before the first change has arrived.
  func latency(_ quantile: Double, of table: TableID, to region: String) -> UInt64? {
    series.first { $0.table == table && $0.region == region }?.delays.quantile(quantile)
  }

  private func series(of table: TableID, _ region: String, _ node: Node) -> Series {
    if let known = series.first(where: { $0.table == table && $0.region == region }) { return known }
    // A table that was made anew under the same name is another one.
    let labels = [
      (name: "table", value: node.name(ofReplicated: table)), (name: "id", value: "\(table.rawValue)"),
      (name: "from", value: own), (name: "to", value: region),
    ]
    let made = Series(
      table: table, region: region,
      pending: registry.gauge(
        "gantry_region_pending_changes",
        help: "Changes of the shards led here that have not arrived in the other region.", labels: labels),
      pendingBytes: registry.gauge(
        "gantry_region_pending_bytes", help: "What they weigh, roughly.", labels: labels),
      lagMs: registry.gauge(
        "gantry_region_lag_ms", help: "How old the oldest of them is; 0 where there is none.", labels: labels),
      delays: registry.histogram(
        "gantry_region_latency_seconds",
        help: "From the request that made a change to the answer of the other region that has it.", labels: labels))
    series.append(made)
    return made
  }
}
