import Catalog
import Environment
import Messages
import Raft
import Replicas

/// What the leader of the metadata group asks of shards, so that they serve what the catalog says.
extension Node {
  /// For how long another leader may have been elected without the knowledge of one that tells shards and regions of
  /// tables.
  private static let leaderStalenessMax = Span.milliseconds(300)

  func reconcile(now: Instant) {
    guard let metadata = replica(.metadata), metadata.isServing, let catalog = metadata.catalog?.catalog else {
      reconciler.reset()
      return
    }
    // A leader that stood still has a successor that went on without it: what it would tell others of may be long past,
    // and other regions cannot see that. Its own next tick shows it.
    guard let staleness = metadata.staleness(now: now), staleness <= Self.leaderStalenessMax else { return }
    let (tasks, commands) = reconciler.next(
      catalog, now: now, wallTimeMs: wallTimeMs,
      areUpgraded: {
        !configuration.regions.isEmpty && allRead(EntryVersions.replicas, in: catalog)
      })
    for task in tasks { ask(task, catalog, now: now) }
    for command in commands {
      let request = Request(id: 0, shard: .metadata, operation: .catalogCommand(command.encode()))
      submit(request, to: .local(0), now: now)
    }
  }

  private func ask(_ task: TableReconciler.Task, _ catalog: Catalog, now: Instant) {
    guard let operation = operation(for: task, catalog) else { return }
    if case .region(let region) = task.target {
      guard let node = regions.likelyMetadataLeader(of: region) else { return }
      outgoingRegional.append((region, node, Request(id: task.id, shard: .metadata, operation: operation)))
      return
    }
    guard case .shard(let shard) = task.target, let (node, isRelay) = way(of: task, to: shard, catalog) else { return }
    var request = Request(id: task.id, shard: shard, operation: operation)
    if isRelay { request.operation = .relay(request.encoded()) }
    if node == configuration.node {
      submit(request, to: .local(task.id), now: now)
    } else {
      outgoingRequests.append((node, request))
    }
  }

  private func operation(for task: TableReconciler.Task, _ catalog: Catalog) -> Operation? {
    switch task.work {
    case .drop: return .dropTable(task.table)
    case .confirm(let index): return .confirmIndex(index)
    case .configure:
      guard let table = catalog.table(task.table) else { return nil }
      return .configureTable(table.settings.encode())
    case .replica(let region):
      guard case .region(let target) = task.target else { return .confirmReplica(task.table, region: region) }
      guard let table = catalog.table(task.table), let there = table.definition(in: target) else { return nil }
      // Its stream begins there and then, however old the table is.
      let createdAtMs = wallTimeMs ?? table.createdAtMs
      return .catalogCommand(
        CatalogCommand.ensureReplica(there, createdAtMs: createdAtMs, uniqueID: table.uniqueID).encode())
    case .share(let version):
      guard case .region(let target) = task.target, let table = catalog.table(task.table),
        let there = table.definition(in: target)
      else { return nil }
      return .catalogCommand(
        CatalogCommand.adoptShared(there, version: version, uniqueID: table.uniqueID).encode())
    case .retire(let region):
      guard let table = catalog.table(task.table) else { return nil }
      return .catalogCommand(CatalogCommand.retireReplica(uniqueID: table.uniqueID, region: region).encode())
    case .leave(let region):
      guard let table = catalog.table(task.table) else { return nil }
      if case .shard = task.target { return .closeTable(task.table, settledIn: table.replicatedTo) }
      let isOwn = table.definition.replicas?.own == region
      return .catalogCommand(
        (isOwn || catalog.release == 0
          ? CatalogCommand.leaveReplica(uniqueID: table.uniqueID, region: region)
          : .abandonReplica(uniqueID: table.uniqueID, region: region)).encode())
    }
  }

  /// This node's own replica knows the leader; where it has none, the shard's nodes are asked in turn. After a
  /// silence every other question goes by way of another node: the leader may be one whom only this node does not reach.
  private func way(
    of task: TableReconciler.Task, to shard: ShardID, _ catalog: Catalog
  ) -> (node: NodeID, isRelay: Bool)? {
    let nodes = catalog.shardMap?.shards.first { $0.id == shard }?.nodes ?? []
    let leader = replica(GroupID(shard))?.leader
    let others = nodes.filter { $0 != leader && $0 != configuration.node }
    if task.hasMetSilence, task.attempt % 2 == 1, leader != configuration.node, !others.isEmpty {
      Probes.hit(.requestIsRelayed)
      return (others[task.attempt / 2 % others.count], true)
    }
    if let leader { return (leader, false) }
    return nodes.isEmpty ? nil : (nodes[task.attempt % nodes.count], false)
  }
}
