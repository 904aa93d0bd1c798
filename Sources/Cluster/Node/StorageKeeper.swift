import Environment
import Journal
import Raft
import Replicas
import Shards
import Store

/// Brings the stores up to date behind the log: flushes overlays, checkpoints, writes what is only appended, and removes the
/// rows of dropped tables.
/// One step at a time for the whole node, so that writeback never crowds the journal out.
struct StorageKeeper {
  struct Task {
    enum Step {
      case flush
      case checkpoint
      case spill
      case removeRows(RowRange)
    }

    var group: GroupID
    var step: Step
    var job: StoreJob
  }

  private struct Keeping {
    var group: GroupID
    /// Rows that are still to be removed, each with the entry since which nobody reads them.
    var dropped: [(rows: RowRange, index: LogIndex)] = []
    /// After a failed step nothing is tried before this time.
    var retryAt = Instant.zero
  }

  private let configuration: NodeConfiguration
  private var keeping: [Keeping]
  private var isBusy = false

  private static let retryDelay = Span.seconds(1)

  init(configuration: NodeConfiguration, groups: [GroupID]) {
    self.configuration = configuration
    keeping = groups.map { Keeping(group: $0) }
  }

  /// The replica at that position of the node's was lost.
  mutating func remove(at position: Int) { keeping.remove(at: position) }

  /// A replica joined the node's at that position.
  mutating func insert(_ group: GroupID, at position: Int) { keeping.insert(Keeping(group: group), at: position) }

  /// Shards that no longer serve those rows since the entry with that index.
  mutating func drop(_ dropped: [(group: GroupID, rows: RowRange, index: LogIndex)]) {
    for (group, rows, index) in dropped {
      if let position = keeping.firstIndex(where: { $0.group == group }) {
        keeping[position].dropped.append((rows, index))
      }
    }
  }

  /// Who comes first: whoever keeps the oldest log, else the fullest overlay.
  private struct Rank: Comparable {
    var position: Int
    var isPinning: Bool
    var bytes: Int

    static func < (left: Rank, right: Rank) -> Bool {
      if left.isPinning != right.isPinning { return left.isPinning }
      return (right.bytes, left.position) < (left.bytes, right.position)
    }
  }

  /// The next step, if one is due and none is under way.
  mutating func next(_ replicas: [Replica], pins: [LogPin], now: Instant) -> (task: Task, work: () throws -> Void)? {
    guard !isBusy, replicas.indices.contains(where: { mayHaveStep($0, replicas[$0].store) }) else { return nil }
    let ranks = replicas.indices.map { position in
      let replica = replicas[position]
      let isPinning = pins.contains { $0.group == replica.group && replica.store.durable.index < $0.newest }
      return Rank(position: position, isPinning: isPinning, bytes: replica.store.overlayBytes)
    }
    // Writes are refused at twice as much: the fullest is flushed, however little that is.
    let isCrowded = ranks.reduce(0) { $0 + $1.bytes } >= configuration.overlayBytesMax / 2
    for rank in ranks.sorted() where keeping[rank.position].retryAt <= now && !replicas[rank.position].isSwitching {
      let isPressed = rank.isPinning || isCrowded
      guard let task = task(rank.position, replicas[rank.position], isPressed: isPressed, now: now) else { continue }
      isBusy = true
      let job = task.job
      return (task, { try job.run() })
    }
    return nil
  }

  private func mayHaveStep(_ position: Int, _ store: ShardStore) -> Bool {
    store.durable < store.applied || !keeping[position].dropped.isEmpty
  }

  private mutating func task(_ position: Int, _ replica: Replica, isPressed: Bool, now: Instant) -> Task? {
    let store = replica.store
    if store.durable < store.flushed, let job = store.checkpoint() {
      return Task(group: replica.group, step: .checkpoint, job: job)
    }
    if store.flushed < store.applied, isDue(replica, isPressed: isPressed, now: now) {
      if let job = store.flush(metadata: replica.storeMetadata()) {
        return Task(group: replica.group, step: .flush, job: job)
      }
    }
    if store.appendedBytes >= configuration.appendedBytesMax, let job = store.spill() {
      return Task(group: replica.group, step: .spill, job: job)
    }
    return removal(position, store)
  }

  private func isDue(_ replica: Replica, isPressed: Bool, now: Instant) -> Bool {
    let share = max(configuration.overlayBytesMax / (2 * keeping.count), configuration.storageFlushBytesMin)
    let isIdle = replica.lastAppliedAt + configuration.idleFlushDelay <= now
    return replica.store.overlayBytes >= share || isIdle || isPressed
  }

  /// The drop itself has to be in the file before its rows go.
  private mutating func removal(_ position: Int, _ store: ShardStore) -> Task? {
    guard let (rows, index) = keeping[position].dropped.first, store.flushed.index >= index else { return nil }
    guard let job = store.deleteRange(from: rows.lower, to: rows.upper) else { return nil }
    return Task(group: keeping[position].group, step: .removeRows(rows), job: job)
  }

  enum Ending {
    case done
    /// The store is not what was written: the replica is lost.
    case damaged(String)
    /// What was written may be lost and nothing can tell: the node has to stop.
    case failed(String)
  }

  /// Takes the end of a step on `store`.
  mutating func finished(_ task: Task, store: ShardStore, error: (any Error)?, now: Instant) -> Ending {
    isBusy = false
    let failure = error.map { error in
      guard let error = error as? StoreError else { fatalError("A store's job failed otherwise than by its store.") }
      return error
    }
    store.completed(task.job, error: failure)
    if let failure, failure.kind == .syncFailed {
      return .failed("The store of group \(task.group.rawValue) in \(configuration.dataDirectory) failed: \(failure). ")
    }
    // A lost replica's store is no longer kept.
    guard let position = keeping.firstIndex(where: { $0.group == task.group }) else { return .done }
    if let failure {
      keeping[position].retryAt = now + Self.retryDelay
      return failure.isDamage ? .damaged("Its store is damaged: \(failure).") : .done
    }
    if case .removeRows = task.step, !task.job.hasMore { keeping[position].dropped.removeFirst() }
    return .done
  }
}
