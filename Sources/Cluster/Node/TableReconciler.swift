import Catalog
import Environment
import Messages

/// Brings shards and catalog together: a table being created is installed on every shard and then activated, a table
/// being deleted is dropped by every shard and then forgotten.
///
/// Runs on the leader of the metadata group. It keeps nothing that it cannot find out again: installing and dropping
/// twice is harmless.
struct TableReconciler {
  /// A request that a shard must answer with `done`.
  struct Task: Equatable {
    var id: UInt64
    var shard: ShardID
    var operation: Kind
    var table: TableID

    enum Kind: Equatable { case install, drop }
  }

  private struct Progress {
    var table: TableID
    var kind: Task.Kind
    var shard: ShardID
    var isDone = false
    var task: UInt64?
    var retryAt = Instant.zero
  }

  private var version: UInt64?
  private var progress: [Progress] = []
  private var nextTask: UInt64 = 1
  /// Commands that were handed out and have not shown in the catalog yet.
  private var proposed: [(table: TableID, kind: Task.Kind, retryAt: Instant)] = []

  /// An answer that never comes is given up after this time.
  private static let taskTimeout = Span.seconds(1)
  private static let retryDelay = Span.milliseconds(5)

  /// The replica no longer leads the metadata group.
  mutating func reset() {
    version = nil
    progress = []
    proposed = []
  }

  /// What to ask now, and which tables every shard has dealt with.
  mutating func next(_ catalog: Catalog, now: Instant) -> (tasks: [Task], commands: [CatalogCommand]) {
    adopt(catalog)
    var tasks: [Task] = []
    for position in progress.indices where !progress[position].isDone && progress[position].retryAt <= now {
      let task = Task(
        id: nextTask, shard: progress[position].shard, operation: progress[position].kind,
        table: progress[position].table)
      nextTask += 1
      progress[position].task = task.id
      progress[position].retryAt = now + Self.taskTimeout
      tasks.append(task)
    }
    return (tasks, finished(now: now))
  }

  /// True for an answer that settles the task; else it is asked again.
  mutating func answered(_ id: UInt64, isDone: Bool, now: Instant) {
    guard let position = progress.firstIndex(where: { $0.task == id }) else { return }
    progress[position].task = nil
    progress[position].isDone = isDone
    if !isDone { progress[position].retryAt = now + Self.retryDelay }
  }

  var isIdle: Bool { progress.isEmpty }

  private mutating func adopt(_ catalog: Catalog) {
    guard catalog.version != version, let map = catalog.shardMap else { return }
    version = catalog.version
    var next: [Progress] = []
    for table in catalog.tables where table.status != .active {
      let kind: Task.Kind = table.status == .creating ? .install : .drop
      for shard in map.shards {
        let known = progress.first { $0.table == table.id && $0.kind == kind && $0.shard == shard.id }
        next.append(known ?? Progress(table: table.id, kind: kind, shard: shard.id))
      }
    }
    progress = next
    proposed.removeAll { old in !next.contains { $0.table == old.table && $0.kind == old.kind } }
  }

  /// A command that was refused or lost is handed out again; applying it twice is harmless.
  private mutating func finished(now: Instant) -> [CatalogCommand] {
    proposed.removeAll { $0.retryAt <= now }
    var commands: [CatalogCommand] = []
    for entry in progress where !proposed.contains(where: { $0.table == entry.table && $0.kind == entry.kind }) {
      guard progress.allSatisfy({ $0.table != entry.table || $0.isDone }) else { continue }
      proposed.append((entry.table, entry.kind, now + Self.taskTimeout))
      commands.append(entry.kind == .install ? .activate(entry.table) : .forget(entry.table))
    }
    return commands
  }
}
