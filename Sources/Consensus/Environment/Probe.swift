internal import Synchronization

/// A rare path of the code. The simulator has to have taken each: a fault schedule that never reaches one proves nothing
/// about it.
///
/// Each case says what happened. Count in rare paths only, never in what every operation does.
public enum Probe: Int, CaseIterable, Sendable {
  // Raft.
  case preVoteIsRefusedUnderAPromise
  case restartedVoterStaysSilent
  case leaderIsProvenDead
  case deposedLeaderIsTold
  case logConflictIsBackedOff
  case uncommittedEntriesAreCutOff
  case entriesAreFetchedFromTheLog
  case snapshotIsOffered
  case jointConsensusIsEntered
  case jointConsensusIsLeft
  case transferIsAsked
  case transferIsObeyed
  case transferIsGivenUp
  case leaderWithoutQuorumStepsDown
  case olderTermIsNotCounted

  // Journal.
  case tornBatchIsDropped
  case tailIsCopiedForward
  case logIsFoundDamaged
  case termIsRaisedToTheNewestEntry
  case segmentIsUsedAgain
  case entriesAreCarriedForward
  case reserveIsUsedOnAFullDisk

  // Store.
  case overlayIsFlushed
  case storeIsCheckpointed
  case pageIsFoundDamaged
  case viewPinsAnOverlay
  case rowIsGoneBeforeItsFlush
  case overlayOutlivesItsFlush
  case appendedFileIsFull
  case appendedFileIsDropped
  case snapshotIsBuilt
  case snapshotIsInstalled
  case snapshotIsAbandoned

  // Replicas and Node.
  case readFallsBackToARound
  case followerServesARead
  case operationIsAnsweredAgain
  case operationWaitsForItsFirstRequest
  case expiredOperationIsRefused
  case requestForAnotherTermIsRefused
  case proposalOutlivesItsLeader
  case boundOfTheLogForcesASnapshot
  case brokenOffSwitchIsFinished
  case leadershipIsHandedOver
  case writeIsRefusedForSpace
  case replicaIsLost
  case lostReplicaIsReplaced
  case learnerBecomesAVoter
  case wipedNodeJoinsAnew
  case streamGivesUpRecords
  case requestIsRelayed

  // Indexes.
  case indexBatchIsSentAgain
  case indexBatchRepeatsChanges
  case indexDeleteWaitsForItsPut
  case indexIsFilledFromItems

  // Regions.
  case regionBatchChangesNothing
  case changeOfARegionIsTooOld
  case traceKeepsAnItemRemoved
  case regionsWriteAtOneTime
  case regionIsRefilled

  // Coordinator.
  case answerIsLost
  case leaderIsLearntFromARefusal
  case callWaitsForAScout
  case outcomeStaysUnknown
  case clockFollowsAShard
}

/// How often each ``Probe`` was hit in this process. Any thread may count.
public enum Probes {
  private static let counters = InlineArray<64, Atomic<UInt64>> { _ in Atomic(0) }

  public static func hit(_ probe: Probe) { counters[probe.rawValue].add(1, ordering: .relaxed) }

  /// In the order of the cases.
  public static func counts() -> [(probe: Probe, count: UInt64)] {
    Probe.allCases.map { ($0, counters[$0.rawValue].load(ordering: .relaxed)) }
  }

  /// Those that were never hit.
  public static var missed: [Probe] { counts().filter { $0.count == 0 }.map(\.probe) }

  public static func reset() {
    for probe in Probe.allCases { counters[probe.rawValue].store(0, ordering: .relaxed) }
  }
}
