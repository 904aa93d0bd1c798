#if GANTRY_PLANTS
  /// A bug that is put in on purpose, to prove that the simulator finds it. The code that breaks the rule stands beside
  /// the rule, under the same condition.
  ///
  /// Only a build that was made with `GANTRY_PLANTS=1` in its environment has any of this.
  public enum Plant: String, CaseIterable, Sendable {
    /// A follower acknowledges entries that it has not synced.
    case acknowledgeBeforeSync
    /// A leader commits what it alone has synced.
    case acknowledgeBeforeMajority
    /// A vote and the term that it was given in are not written.
    case voteWithoutPersisting
    /// A message of an older term counts as one of this term.
    case noTermCheck
    /// A lease is as long as the promise, with nothing kept back for clocks that run at different rates.
    case leaseIgnoresDrift
    /// A voter that restarts is not silent for the promise that it may have made.
    case restartedVoterForgetsPromise
    /// Entries of an older term are committed by counting replicas (paper, figure 8).
    case commitOfOlderTerm
    /// The log is dropped up to what is committed in SQLite, synced or not.
    case logDroppedAtFlushed
    /// The store of a snapshot does not say which entry the snapshot was taken at.
    case snapshotWithoutIndex
    /// The applied index is committed before the rows that it stands for.
    case appliedIndexOutsideTransaction
    /// A new leader does not know the changes that were applied before it led.
    case forgottenOperationAfterLeaderChange
    /// A request that was meant for another term is looked at. Stands for a stale epoch of the shard map: no shard moves
    /// yet, and the term is the epoch that requests carry.
    case staleEpochAccepted
    /// A page of the database is served without a look at its checksum.
    case checksumSkipped
    /// A node without data takes its place among the first members, whatever the others say.
    case wipedNodeVotes
    /// Of two changes with one time, made in two regions, the one that comes later stays.
    case tieBrokenByArrival
    /// A region's cursor passes changes that were sent and not acknowledged.
    case cursorAheadOfAcknowledgement
    /// The trace of a removed item goes once the region that removed it is done, whatever others may still send.
    case tombstoneDroppedEarly
    /// Changes leave for other regions as they are.
    case residencyFilterBypassed
    /// A view loses the part of the overlay that a flush has written meanwhile.
    case overlayDroppedUnderView
  }

  public enum Plants {
    /// Set once, before anything runs.
    nonisolated(unsafe) public static var planted: Plant?
  }
#endif
