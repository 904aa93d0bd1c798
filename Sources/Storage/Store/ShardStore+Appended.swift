import Environment
import Raft

/// Rows that are only ever appended (``AppendedKeys``).
extension ShardStore {
  /// Memory that appended rows hold which no job has begun to write; bytes, estimated.
  public var appendedBytes: Int { appended.bytes }

  /// The job that writes appended rows to their file before the flush that they are part of, so that they do not fill
  /// memory until then. Nothing is committed: after a crash the log brings them back.
  ///
  /// Nil where there are none, and while they are written already or a flush is yet to succeed. A failed job leaves them
  /// to the next one.
  public func spill() -> StoreJob? {
    precondition(!isEntryOpen, "Rows are written between entries.")
    // What a flush that has to be tried again commits must hold no later rows.
    guard frozen == nil, runningJobs.isDisjoint(with: [.flush, .spill]) else { return nil }
    takeAppended()
    guard !unfinished.isEmpty else { return nil }
    let (writer, rows) = (openWriter, unfinished)
    return start(.spill) { (job: StoreJob) throws(StoreError) in
      job.runs = try writer.spill(rows)
    }
  }

  /// From here on a job writes them.
  func takeAppended() {
    if appended.isEmpty { return }
    unfinished.append(appended)
    appended = OverlayTree()
  }

  /// They are in the files.
  func appendedWritten(_ runs: [AppendedRun]) {
    unfinished = []
    changeIndex { $0.add(runs) }
  }

  func getAppended(_ key: [UInt8]) throws(StoreError) -> [UInt8]? {
    for tree in [appended] + unfinished {
      if case .value(let value) = tree.find(key) { return value }
    }
    // What lies in the database is removed as rows of any key are.
    if openReader.isMixed {
      for tree in [current] + (frozen.map { [$0.tree] } ?? []) {
        if case .deleted = tree.find(key) { return nil }
      }
    }
    return try openReader.get(key)
  }

  /// What a job is writing goes from the file with the rest; a flush that is tried again writes it too, since it commits the
  /// state of before.
  func eraseAppended(from: [UInt8], to: [UInt8]) {
    if eraseUnwritten(from, to) > 0 { Probes.hit(.rowIsGoneBeforeItsFlush) }
    changeIndex { $0.raise(to, of: $0.keys.strand(of: from)) }
  }

  /// Whole strands are out of every reader's reach.
  func removeAppended(from: [UInt8], to: [UInt8]) {
    _ = eraseUnwritten(from, to)
    changeIndex { $0.remove(from: from, to: to) }
  }

  /// Returns how many rows no job has begun to write.
  private func eraseUnwritten(_ from: [UInt8], _ to: [UInt8]) -> Int {
    for position in unfinished.indices { unfinished[position].erase(from: from, to: to) }
    return appended.erase(from: from, to: to)
  }

  /// What a flush says of the files; those without rows are taken out.
  func appendedEnd() -> AppendedEnd {
    var end = AppendedEnd()
    changeIndex {
      end.dropped = $0.takeDead()
      end.floors = $0.floors
    }
    return end
  }

  /// Files that no crash can bring back and no view reads.
  func takeRemovableFiles() -> [AppendedFile] {
    var removable: [AppendedFile] = []
    for position in droppedFiles.indices.reversed() where droppedFiles[position].since <= durable {
      guard isKnownUniquelyReferenced(&droppedFiles[position].file) else { continue }
      removable.append(droppedFiles.remove(at: position).file)
    }
    return removable
  }
}
