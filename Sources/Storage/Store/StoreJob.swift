public import Environment
internal import Raft

/// Blocking work of one store. Run it once on the storage lane, then hand it to ``ShardStore/completed(_:error:)`` on
/// the store's loop.
///
/// The loop makes it, the storage thread runs it, the loop gets it back; whoever carries it in between orders the two
/// threads' accesses.
public final class StoreJob {
  public enum Kind: Hashable, Sendable { case flush, checkpoint, deleteRange, spill }

  public let kind: Kind
  /// After a completed ``ShardStore/deleteRange(from:to:)``: rows may be left, so ask for another job.
  public internal(set) var hasMore = false
  /// A checkpoint's answer: what was committed before its syncs.
  var safe = LogPosition.zero
  var isComplete = false
  /// Where a flush or a spill wrote appended rows.
  var runs: [AppendedRun] = []
  private let work: (StoreJob) throws(StoreError) -> Void

  init(_ kind: Kind, _ work: @escaping (StoreJob) throws(StoreError) -> Void) {
    self.kind = kind
    self.work = work
  }

  /// Does the work. Blocks.
  public func run() throws(StoreError) { try work(self) }

  /// The same as a job of the machine.
  public func job(id: UInt64) -> Job {
    Job(id: id, lane: .storage) { try self.run() }
  }
}
