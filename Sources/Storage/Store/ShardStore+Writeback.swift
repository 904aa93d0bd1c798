import Environment
import Raft

extension ShardStore {
  /// Freezes the current generation and gives the job that commits it: rows in key order, ``applied``, and `metadata`
  /// (the caller's, as of ``applied``: the group's membership), in one transaction without a sync.
  ///
  /// Nil while a flush is under way, or where nothing was applied since the last one. After a failed flush the job
  /// tries the same generation again, with the metadata of that time.
  public func flush(metadata: [UInt8]) -> StoreJob? {
    precondition(!isEntryOpen, "A flush starts between entries.")
    if !runningJobs.isDisjoint(with: [.flush, .spill]) { return nil }
    guard let generation = frozen ?? freeze(metadata) else { return nil }
    let writer = openWriter
    return start(.flush) { (job: StoreJob) throws(StoreError) in
      job.runs = try writer.flush(generation)
    }
  }

  /// The job that syncs what was flushed and moves it from SQLite's log into the database; ``durable`` follows.
  ///
  /// Nil while a checkpoint is under way, or where there is nothing to move. It does not wait for views: what they keep
  /// in the log is moved by a later one.
  public func checkpoint() -> StoreJob? {
    guard !runningJobs.contains(.checkpoint), isLogDirty || durable != flushed || !runningJobs.isEmpty else {
      return nil
    }
    let (writer, files) = (openWriter, takeRemovableFiles())
    return start(.checkpoint) { (job: StoreJob) throws(StoreError) in
      try writer.remove(files)
      (job.safe, job.isComplete) = try writer.checkpoint()
    }
  }

  /// The job that removes rows with `from` ≤ key < `to`, at most a configured number, in one transaction. The rows must
  /// be out of every reader's reach and never written again: the removal is not in the log, so replicas do it each in
  /// their own time. Its ``StoreJob/hasMore`` asks for another. Nil while such a job is under way.
  public func deleteRange(from: [UInt8], to: [UInt8]) -> StoreJob? {
    precondition(!isEntryOpen, "Rows are removed between entries.")
    if runningJobs.contains(.deleteRange) { return nil }
    if let keys = configuration.appended, keys.meet(from: from, to: to) {
      // What a job writes would be there again after it.
      guard frozen == nil, runningJobs.isDisjoint(with: [.flush, .spill]) else { return nil }
      removeAppended(from: from, to: to)
    }
    forget(from, to)
    let writer = openWriter
    let limit = configuration.deletedRowsMax
    return start(.deleteRange) { (job: StoreJob) throws(StoreError) in
      job.hasMore = try !writer.deleteRange(from: from, to: to, limit: limit)
    }
  }

  /// Takes a job back that ran, with the error that its work threw.
  public func completed(_ job: StoreJob, error: StoreError?) {
    guard runningJobs.remove(job.kind) != nil else { fatalError("A job ended that was not under way.") }
    if job.kind == .flush || job.kind == .deleteRange { isLogDirty = true }
    if error != nil { return }
    switch job.kind {
    case .flush:
      guard let generation = frozen else { fatalError("A flush ended without its generation.") }
      flushed = generation.applied
      metadata = generation.metadata
      if pins.isPinned(generation.number) { Probes.hit(.overlayOutlivesItsFlush) }
      frozen = nil
      appendedWritten(job.runs)
      droppedFiles += generation.appendedEnd.dropped.map { ($0, generation.applied) }
    case .spill: appendedWritten(job.runs)
    case .checkpoint:
      durable = job.safe
      isLogDirty = !job.isComplete
    case .deleteRange: break
    }
  }

  /// Nil where nothing was applied since the last flush.
  private func freeze(_ metadata: [UInt8]) -> FrozenGeneration? {
    guard applied != flushed else { return nil }
    takeAppended()
    let generation = FrozenGeneration(
      number: currentGeneration, tree: current, applied: applied, metadata: metadata, appended: unfinished,
      appendedEnd: appendedEnd())
    frozen = generation
    current = OverlayTree()
    currentGeneration += 1
    return generation
  }

  /// Rows of the range that only the overlay has would come back with the next flush.
  private func forget(_ from: [UInt8], _ to: [UInt8]) {
    var keys: [[UInt8]] = []
    var cursor = OverlayCursor(current, from: from, to: to, reverse: false)
    while !cursor.isAtEnd {
      keys.append(cursor.key)
      cursor.advance()
    }
    for key in keys { current.set(key, nil) }
  }

  func start(_ kind: StoreJob.Kind, _ work: @escaping (StoreJob) throws(StoreError) -> Void) -> StoreJob {
    runningJobs.insert(kind)
    return StoreJob(kind, work)
  }
}
