import Catalog
import Environment
import Messages

/// Brings shards and catalog together: what the catalog says of a table that is created or changed is told to every
/// shard, and then the table is active; a table being deleted is dropped by every shard and then forgotten; an index
/// that is filled is complete once every shard says so; a replica in another region is, once all regions know of it and
/// every shard has sent there what it held.
///
/// Runs on the leader of the metadata group. It keeps nothing that it cannot find out again: telling a shard twice is
/// harmless.
struct TableReconciler {
  /// What every shard, or another region, has to agree to.
  enum Work: Equatable {
    /// The settings of that version.
    case configure(version: UInt64)
    case drop
    case confirm(index: TableID)
    /// Regions are told of the replica, shards asked whether all has arrived there.
    case replica(region: String)
    /// Regions are told what all replicas have in common now.
    case share(ItemVersion)
    /// The replica's region is told that it goes.
    case retire(region: String)
    /// Regions are told that the replica goes from this one, or was given up.
    case leave(region: String)
  }

  enum Target: Equatable {
    case shard(ShardID)
    case region(String)
  }

  /// A request to one shard, or to another region's metadata group.
  struct Task: Equatable {
    var id: UInt64
    var target: Target
    var work: Work
    var table: TableID
    /// How often it was asked before.
    var attempt: Int
    /// At least once nobody answered.
    var hasMetSilence: Bool
  }

  private struct Progress {
    var table: TableID
    var uniqueID: [UInt8]
    var work: Work
    var target: Target
    var isDone = false
    /// The questions of which no answer has come, the newest last.
    var tasks: [UInt64] = []
    var retryAt = Instant.zero
    var attempts = 0
    var hasMetSilence = false
  }

  private var version: UInt64?
  private var progress: [Progress] = []
  private var nextTask: UInt64
  /// What is to be proposed without asking anybody.
  private var dueAtOnce: [CatalogCommand] = []
  /// Replicas whose region has another table of that name.
  private var failed: [(region: String, table: TableID)] = []
  /// Commands that were handed out and have not shown in the catalog yet.
  private var proposed: [(command: CatalogCommand, retryAt: Instant)] = []

  /// What the node's own settings say of residency.
  private let residencies: [TableResidency]

  private let replicaRemovalMs: UInt64
  /// How replicas that are to go are given up, and since when they are to.
  private var removals: [(command: CatalogCommand, sinceMs: UInt64)] = []

  init(firstTask: UInt64, residencies: [TableResidency] = [], replicaRemovalMs: UInt64 = .max) {
    nextTask = firstTask
    self.residencies = residencies
    self.replicaRemovalMs = replicaRemovalMs
  }

  /// At most so long without an answer, and the shard is asked again, by another way. A late answer counts nonetheless.
  private static let silenceMax = Span.milliseconds(400)
  /// Older questions are forgotten.
  private static let tasksMax = 32
  private static let commandTimeout = Span.seconds(1)
  private static let retryDelay = Span.milliseconds(5)
  /// Filling an index takes a while.
  private static let confirmDelay = Span.milliseconds(50)

  /// The replica no longer leads the metadata group.
  mutating func reset() {
    version = nil
    progress = []
    dueAtOnce = []
    failed = []
    removals = []
    proposed = []
  }

  /// What to ask now, and which tables every shard has dealt with.
  ///
  /// - Parameters:
  ///   - wallTimeMs: by which what takes too long is given up; nil where it is not known: nothing is.
  ///   - areUpgraded: whether every node of the region reads what the newest release brought.
  mutating func next(
    _ catalog: Catalog, now: Instant, wallTimeMs: UInt64? = nil, areUpgraded: () -> Bool = { false }
  ) -> (tasks: [Task], commands: [CatalogCommand]) {
    adopt(catalog)
    let upgrade: [CatalogCommand] =
      catalog.release < Catalog.newestRelease && areUpgraded() ? [.useRelease(Catalog.newestRelease)] : []
    var tasks: [Task] = []
    for position in progress.indices where !progress[position].isDone && progress[position].retryAt <= now {
      if waitsForShards(position) { continue }
      if !progress[position].tasks.isEmpty { progress[position].hasMetSilence = true }
      let task = Task(
        id: nextTask, target: progress[position].target, work: progress[position].work, table: progress[position].table,
        attempt: progress[position].attempts, hasMetSilence: progress[position].hasMetSilence)
      nextTask += 1
      progress[position].attempts += 1
      if progress[position].tasks.count == Self.tasksMax { progress[position].tasks.removeFirst() }
      progress[position].tasks.append(task.id)
      progress[position].retryAt = now + Self.silenceMax.uneven(UInt64(task.attempt))
      tasks.append(task)
    }
    return (tasks, finished(upgrade, now: now, wallTimeMs: wallTimeMs))
  }

  /// A region that leaves tells the others once they have all that it wrote.
  private func waitsForShards(_ position: Int) -> Bool {
    guard case .leave = progress[position].work, case .region = progress[position].target else { return false }
    return progress.contains { other in
      guard case .shard = other.target else { return false }
      return other.table == progress[position].table && other.work == progress[position].work && !other.isDone
    }
  }

  /// A shard's answer.
  mutating func answered(_ id: UInt64, _ answer: Answer, now: Instant) {
    answered(id, isDone: answer == .done, now: now)
  }

  /// The answer of another region's metadata group.
  mutating func answered(_ id: UInt64, from region: String, _ answer: Answer, now: Instant) {
    guard let position = progress.firstIndex(where: { $0.tasks.contains(id) }) else { return }
    var isDone = false
    if case .catalogOutcome(let bytes) = answer, let outcome = try? CatalogOutcome(bytes) {
      switch outcome {
      case .done: isDone = true
      // One that retires has still to send what it took in.
      case .table(let table): isDone = table.status != .creating && progress[position].work != .retire(region: region)
      case .tableExists where progress[position].work == .replica(region: region),
        .residencyForbids where progress[position].work == .replica(region: region):
        failed.append((region, progress[position].table))
      default: break
      }
    }
    answered(id, isDone: isDone, now: now)
  }

  /// What is not done is asked again.
  mutating func answered(_ id: UInt64, isDone: Bool, now: Instant) {
    guard let position = progress.firstIndex(where: { $0.tasks.contains(id) }), !progress[position].isDone else {
      return
    }
    progress[position].isDone = isDone
    let isNewest = progress[position].tasks.last == id
    // Once the newest is answered no earlier silence is waited for.
    progress[position].tasks.removeAll { $0 == id || isNewest }
    guard !isDone, isNewest else { return }
    switch progress[position].work {
    case .confirm, .replica, .retire, .leave, .share: progress[position].retryAt = now + Self.confirmDelay
    case .configure, .drop: progress[position].retryAt = now + Self.retryDelay
    }
  }

  var isIdle: Bool { progress.isEmpty }

  private mutating func adopt(_ catalog: Catalog) {
    guard catalog.version != version, let map = catalog.shardMap else { return }
    version = catalog.version
    var next: [Progress] = []
    for table in catalog.tables {
      for work in Self.work(on: table, catalog.release) {
        for target in Self.targets(of: work, on: table, map) {
          let known = progress.first { $0.table == table.id && $0.work == work && $0.target == target }
          next.append(known ?? Progress(table: table.id, uniqueID: table.uniqueID, work: work, target: target))
        }
      }
    }
    progress = next
    failed.removeAll { failed in
      !next.contains { $0.work == .replica(region: failed.region) && $0.table == failed.table }
    }
    dueAtOnce =
      catalog.tables.filter(Catalog.needsNumbering).map { .number($0.id) } + rules(in: catalog)
    removals = catalog.tables.flatMap { table in
      table.replicas.filter { $0.status == .draining }.map {
        (.abandonReplica(uniqueID: table.uniqueID, region: $0.region), $0.addedAtMs)
      }
    }
    let wanted = dueAtOnce + failures + removals.map(\.command) + next.map { Self.command(after: $0) }
    proposed.removeAll { !wanted.contains($0.command) }
  }

  /// What the catalog has to learn of residency rules before anything may leave by them.
  private func rules(in catalog: Catalog) -> [CatalogCommand] {
    guard catalog.release > 0 else { return [] }
    let gone = catalog.residencies.map(\.table).filter { name in
      !residencies.contains { $0.table == name }
    }
    let changed = residencies.filter { rules in
      catalog.residency(of: rules.table) != rules.residency
        || catalog.table(named: rules.table).map {
          $0.status == .active && catalog.awaitsResidency($0)
        } ?? false
    }
    return gone.map { .setResidency(nil, of: $0) }
      + changed.map { .setResidency($0.residency, of: $0.table) }
  }

  private var failures: [CatalogCommand] { failed.map { .failReplica($0.region, of: $0.table) } }

  private static func targets(of work: Work, on table: Table, _ map: ShardMap) -> [Target] {
    let shards = map.shards.map { Target.shard($0.id) }
    switch work {
    case .configure, .drop, .confirm: return shards
    case .replica: return table.replicatedTo.map { .region($0) } + shards
    case .share:
      return table.replicas.filter { $0.status == .creating || $0.status == .active }.map { .region($0.region) }
    case .retire(let region): return [.region(region)]
    case .leave(let region):
      let isOwn = table.definition.replicas?.own == region
      let regions = table.replicatedTo + (isOwn ? [] : [region])
      return regions.map { Target.region($0) } + (isOwn ? shards : [])
    }
  }

  private static func work(on table: Table, _ release: UInt8) -> [Work] {
    switch table.status {
    case .creating, .updating: [.configure(version: table.settingsVersion)]
    // The other regions are told first, as long as there is a table that knows them.
    case .deleting:
      if release > 0, let own = table.definition.replicas?.own, !table.replicatedTo.isEmpty {
        [.leave(region: own)] + retirements(table)
      } else {
        [.drop]
      }
    case .active: work(onActive: table)
    }
  }

  private static func retirements(_ table: Table) -> [Work] {
    table.replicas.filter { $0.status == .draining }.map { .retire(region: $0.region) }
  }

  private static func work(onActive table: Table) -> [Work] {
    var works = retirements(table)
    for index in table.indexes where index.status == .creating { works.append(.confirm(index: index.id)) }
    for replica in table.replicas {
      switch replica.status {
      case .creating: works.append(.replica(region: replica.region))
      case .deleting: works.append(.leave(region: replica.region))
      case .active, .failed, .draining, .left: break
      }
    }
    if table.isSharing, let version = table.shared { works.append(.share(version)) }
    return works
  }

  private static func command(after done: Progress) -> CatalogCommand {
    let table = done.table
    return switch done.work {
    case .configure(let version): .activate(table, version: version)
    case .drop: .forget(table)
    case .confirm(let index): .completeIndex(index, of: table)
    case .replica(let region): .completeReplica(region, of: table)
    case .share(let version): .completeShare(version, of: table)
    // There is nothing of it: it never was there, or its region lost it.
    case .retire(let region): .abandonReplica(uniqueID: done.uniqueID, region: region)
    case .leave(let region): .forgetReplica(region, of: table)
    }
  }

  /// A command that was refused or lost is handed out again; applying it twice is harmless.
  private mutating func finished(
    _ upgrade: [CatalogCommand], now: Instant, wallTimeMs: UInt64?
  ) -> [CatalogCommand] {
    guard !progress.isEmpty || !dueAtOnce.isEmpty || !upgrade.isEmpty else { return [] }
    proposed.removeAll { $0.retryAt <= now }
    var commands: [CatalogCommand] = []
    func handOut(_ command: CatalogCommand) {
      guard !proposed.contains(where: { $0.command == command }) else { return }
      proposed.append((command, now + Self.commandTimeout))
      commands.append(command)
    }
    let overdue = removals.filter { removal in
      wallTimeMs.map { $0 > removal.sinceMs && $0 - removal.sinceMs > replicaRemovalMs } ?? false
    }
    for command in upgrade + dueAtOnce + failures + overdue.map(\.command) { handOut(command) }
    for entry in progress {
      guard progress.allSatisfy({ $0.table != entry.table || $0.work != entry.work || $0.isDone }) else { continue }
      handOut(Self.command(after: entry))
    }
    return commands
  }
}
