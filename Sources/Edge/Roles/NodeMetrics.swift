import Environment
import Messages
import Node
import Raft
import Telemetry

/// What a node counts on its loop, and the levels that it shows once a second.
struct NodeMetrics {
  let requests: Counter
  let answers: Counter
  let turns: Counter
  private let waiting: Gauge
  private let overlayBytes: Gauge
  private let journalBytes: Gauge
  private let diskFull: Gauge
  private let snapshotsServed: Counter
  private let snapshotsInstalled: Counter
  private let replicasLost: Counter
  private let replicasDiffered: Counter
  private let scrubRounds: Counter
  private let scrubRanges: Counter
  private let scrubDifferences: Counter
  private let indexChanges: Counter
  private let regionChanges: Counter
  private let regionBacklog: Gauge
  private let tracesForgotten: Counter
  private let regionRefills: Counter
  private let replicas: [ReplicaGauges]
  private static let shardsShownMax = 64

  private struct ReplicaGauges {
    var shard: ShardID
    var isHealthy: Gauge
    var isLeader: Gauge
    var term: Gauge
    var commitIndex: Gauge
    var appliedIndex: Gauge
    var stalenessMs: Gauge
    var followerReads: Counter
    var indexBacklog: Gauge
    var indexLagMs: Gauge
    var streamBytes: Gauge

    func showNone() {
      isHealthy.set(1)
      stalenessMs.set(-1)
      for gauge in [isLeader, term, commitIndex, appliedIndex, indexBacklog, indexLagMs, streamBytes] { gauge.set(0) }
    }
  }

  init(_ registry: inout MetricRegistry, node: Node) {
    requests = registry.counter(
      "gantry_node_requests_total", help: "Operations received from coordinators and other nodes.")
    answers = registry.counter("gantry_node_answers_total", help: "Operations answered.")
    turns = registry.counter(
      "gantry_node_turns_total", help: "Loop turns that ended with a look at every replica.")
    waiting = registry.gauge(
      "gantry_node_operations_waiting", help: "Operations that wait for a commit or a confirmation.")
    overlayBytes = registry.gauge(
      "gantry_store_overlay_bytes", help: "Memory of what is applied and not yet in SQLite, over all replicas.")
    journalBytes = registry.gauge("gantry_journal_bytes", help: "Bytes of the log's segments that are needed.")
    diskFull = registry.gauge(
      "gantry_journal_disk_full", help: "1 while the disk has no space for another segment of the log.")
    snapshotsServed = registry.counter(
      "gantry_snapshots_served_total", help: "States of groups that other nodes began to fetch here.")
    snapshotsInstalled = registry.counter(
      "gantry_snapshots_installed_total",
      help: "Replicas that were brought up to date by a snapshot, because the log no longer reached back to them.")
    replicasLost = registry.counter(
      "gantry_replicas_lost_total", help: "Replicas that lost what they had promised, by damage or a wiped disk.")
    replicasDiffered = registry.counter(
      "gantry_replicas_differed_total",
      help: "Of them those that were given up, and rebuilt, because they differed from most others.")
    scrubRounds = registry.counter(
      "gantry_scrub_rounds_total", help: "Comparisons of all rows of a shard that this node's leaders ended.")
    scrubRanges = registry.counter("gantry_scrub_ranges_total", help: "Ranges of rows that they compared.")
    scrubDifferences = registry.counter(
      "gantry_scrub_differences_total", help: "Ranges in which replicas were found to differ.")
    indexChanges = registry.counter(
      "gantry_index_changes_total", help: "Changes of global indexes that this node's leaders brought to their rows.")
    regionChanges = registry.counter(
      "gantry_region_changes_total", help: "Changes of items that this node's leaders brought to other regions.")
    regionBacklog = registry.gauge(
      "gantry_region_backlog",
      help: "Changes that this node's leaders have read for other regions and not brought there.")
    regionRefills = registry.counter(
      "gantry_region_refills_total",
      help: "How often another region was so far behind that it is brought up anew with what a table holds.")
    tracesForgotten = registry.counter(
      "gantry_region_traces_forgotten_total",
      help: "Traces of removed items that went, because no region could need them any more.")
    // Replicas come and go; where the cluster has many shards, those that come later are not shown.
    let shards =
      node.configuration.shards <= Self.shardsShownMax
      ? (0...node.configuration.shards).map { ShardID(UInt32($0)) } : []
    let shown = Set(shards + node.status.map(\.shard)).sorted()
    replicas = shown.map { Self.gauges($0, &registry) }
  }

  private static func gauges(_ shard: ShardID, _ registry: inout MetricRegistry) -> ReplicaGauges {
    let labels = [(name: "shard", value: shard == .metadata ? "metadata" : "\(shard.rawValue)")]
    return ReplicaGauges(
      shard: shard,
      isHealthy: registry.gauge(
        "gantry_replica_healthy", help: "1 while the replica takes part in its group, or is none of this node's.",
        labels: labels),
      isLeader: registry.gauge("gantry_replica_leader", help: "1 on the group's leader.", labels: labels),
      term: registry.gauge("gantry_replica_term", help: "The newest term that the replica knows.", labels: labels),
      commitIndex: registry.gauge(
        "gantry_replica_commit_index", help: "The newest log index known to be committed.", labels: labels),
      appliedIndex: registry.gauge(
        "gantry_replica_applied_index", help: "The newest log index that is applied.", labels: labels),
      stalenessMs: registry.gauge(
        "gantry_replica_staleness_ms",
        help: "How old an eventually consistent read of the replica may be; -1 before it heard a leader.",
        labels: labels),
      followerReads: registry.counter(
        "gantry_replica_follower_reads_total", help: "Eventually consistent reads answered by a follower.",
        labels: labels),
      indexBacklog: registry.gauge(
        "gantry_index_backlog",
        help: "Changes of global indexes that the shard's leader has not brought to their rows.",
        labels: labels),
      indexLagMs: registry.gauge(
        "gantry_index_lag_ms", help: "For how long the oldest of them has waited at this leader.", labels: labels),
      streamBytes: registry.gauge(
        "gantry_stream_bytes", help: "What the streams of the shard keep, of all tables; 0 where it is not led.",
        labels: labels))
  }

  func showLevels(_ node: Node) {
    waiting.set(Int64(node.operationsWaiting))
    overlayBytes.set(Int64(node.overlayBytes))
    journalBytes.set(Int64(node.journalBytes))
    diskFull.set(node.isDiskFull ? 1 : 0)
    snapshotsServed.add(UInt64(node.snapshotsServed) - snapshotsServed.current)
    snapshotsInstalled.add(UInt64(node.snapshotsInstalled) - snapshotsInstalled.current)
    replicasLost.add(UInt64(node.replicasLost) - replicasLost.current)
    replicasDiffered.add(UInt64(node.replicasDiffered) - replicasDiffered.current)
    scrubRounds.add(node.scrubbed.rounds - scrubRounds.current)
    scrubRanges.add(node.scrubbed.ranges - scrubRanges.current)
    scrubDifferences.add(node.scrubbed.differences - scrubDifferences.current)
    indexChanges.add(node.indexChangesCarried - indexChanges.current)
    regionChanges.add(node.regionChanges.carried - regionChanges.current)
    regionBacklog.set(Int64(node.regionChanges.waiting))
    regionRefills.add(node.regionRefills - regionRefills.current)
    tracesForgotten.add(node.tracesForgotten - tracesForgotten.current)
    let statuses = node.status
    for gauges in replicas {
      guard let status = statuses.first(where: { $0.shard == gauges.shard }) else {
        gauges.showNone()
        continue
      }
      gauges.isHealthy.set(status.isHealthy ? 1 : 0)
      gauges.isLeader.set(status.role == .leader ? 1 : 0)
      gauges.term.set(Int64(clamping: status.term))
      gauges.commitIndex.set(Int64(clamping: status.commitIndex))
      gauges.appliedIndex.set(Int64(clamping: status.appliedIndex))
      gauges.stalenessMs.set(status.stalenessMs.map { Int64(clamping: $0) } ?? -1)
      gauges.followerReads.add(status.followerReads - gauges.followerReads.current)
      let backlog = node.indexBacklog(of: gauges.shard)
      gauges.indexBacklog.set(Int64(backlog.changes))
      gauges.indexLagMs.set(Int64(clamping: backlog.lag.nanoseconds / 1_000_000))
      gauges.streamBytes.set(Int64(clamping: node.streamBytes(of: gauges.shard)))
    }
  }
}
