import Environment
import Journal
import Messages
import Raft
import Replicas
import Store

/// What becomes of a replica that lost what it had promised (``LostReplica``).
extension Node {
  /// The replica takes no further part. What waited for it is answered, what it held back is not sent.
  func lose(_ group: GroupID, _ reason: String, now: Instant) {
    guard let replica = takeAway(group, now: now) else { return }
    Probes.hit(.replicaIsLost)
    replicasLost += 1
    let holding = Identity.Holding(group: group, id: replica.raft.id, state: .lost)
    addLost(holding, reason)
    notice(group, reason)
  }

  /// The replica has moved to another node: nothing of it stays here.
  func release(_ group: GroupID, now: Instant) {
    guard let replica = takeAway(group, now: now) else { return }
    addLost(.init(group: group, id: replica.raft.id, state: .removed), "It has moved to another node.")
  }

  func addLost(_ holding: Identity.Holding, _ reason: String?) {
    let peers = configuration.peers(of: holding.group, members)
    lost.append(LostReplica(holding, reason: reason, node: configuration.node, peers: peers, isRecorded: false))
    lost.sort { $0.group < $1.group }
  }

  private func takeAway(_ group: GroupID, now: Instant) -> Replica? {
    guard let position = replicas.firstIndex(where: { $0.group == group }) else { return nil }
    let replica = replicas.remove(at: position)
    storage.remove(at: position)
    replies += replica.leave()
    gate.forget(group)
    released.removeAll { $0.part.group == group }
    checksums[group] = nil
    rangeSums[group] = nil
    snapshots.server.endSessions(of: group, now: now)
    lostStores[group] = replica.store
    return replica
  }

  /// Takes each lost replica as far as it can get now.
  func rebuild(now: Instant) {
    guard !lost.isEmpty, failure == nil else { return }
    for position in lost.indices {
      let group = lost[position].group
      while let recorded = identity?.recorded,
        let action = lost[position].next(recorded: recorded, isIdle: isIdle(group), now: now)
      {
        carryOut(action, at: position, now: now)
      }
    }
    lost.removeAll { $0.step == .joined || $0.step == .gone }
    settleJournalDamage()
  }

  private func isIdle(_ group: GroupID) -> Bool {
    snapshots[group] == nil && !jobs.values.contains { $0.storeGroup == group }
  }

  private func carryOut(_ action: LostReplica.Action, at position: Int, now: Instant) {
    let replica = lost[position]
    switch action {
    case .record:
      if let version = identity?.change({ $0.set(replica.holding) }) { lost[position].recorded(as: version) }
    case .ask(let node):
      let operation = Operation.replaceReplica(configuration.node, old: replica.id?.rawValue)
      lost[position].asked(ask(node, operation, of: replica.group.shard))
    case .emptyLog:
      lostStores.removeValue(forKey: replica.group)?.close()
      journal.remove(replica.group)
      if !replica.isLeaving { journal.save(replica.group, HardState()) }
      gate.holdEmptied(replica.group)
    case .emptyStore:
      let renewal = StoreRenewal(maker, replica.group, seed: random.next())
      startJob(.renewal(replica.group, renewal), lane: .storage) { try renewal.run() }
    case .eraseStore:
      let renewal = StoreRenewal(maker, replica.group, seed: 0, isErasure: true)
      startJob(.renewal(replica.group, renewal), lane: .storage) { try renewal.run() }
    case .join: join(replica, now: now)
    }
  }

  private func join(_ replica: LostReplica, now: Instant) {
    guard let id = replica.id, let store = lostStores.removeValue(forKey: replica.group) else {
      fatalError("A successor joins without its id or its store.")
    }
    Probes.hit(.lostReplicaIsReplaced)
    do {
      add(
        try maker.replica(
          replica.group, id, Recovered(blank: .none), store, random: &random, now: now))
      notice(replica.group, "The replica has a successor, which its group's leader now brings up to date.")
    } catch {
      fail(
        "The new store of group \(replica.group.rawValue) in \(configuration.dataDirectory) cannot be read: \(error). ")
    }
  }

  func add(_ replica: Replica) {
    let position = replicas.firstIndex { $0.group > replica.group } ?? replicas.count
    replicas.insert(replica, at: position)
    storage.insert(replica.group, at: position)
  }

  /// Once nothing of the old replicas is left, the damage that may have been theirs concerns nobody.
  func settleJournalDamage() {
    guard isJournalDamaged, lost.isEmpty else { return }
    journal.forgetDamage()
    isJournalDamaged = false
  }

  /// A lost replica's log is kept for whoever wants to look at it, but never at the cost of the others.
  func dropPinnedLogs() {
    guard !lost.isEmpty, journal.bytesInUse > configuration.journalBytesMax, let pin = journal.oldestPinned else {
      return
    }
    for holder in pin.holders where lost.contains(where: { $0.group == holder.group && $0.step == .asking }) {
      journal.remove(holder.group)
    }
  }

  // MARK: Work that ended

  func storageEnded(_ task: StorageKeeper.Task, error: (any Error)?, now: Instant) {
    guard let store = replica(task.group)?.store ?? lostStores[task.group] else {
      fatalError("A store went while work on it was under way.")
    }
    switch storage.finished(task, store: store, error: error, now: now) {
    case .done: break
    case .damaged(let reason): lose(task.group, reason, now: now)
    case .failed(let reason): fail(reason)
    }
  }

  func logEmptied(_ group: GroupID) {
    guard let position = lost.firstIndex(where: { $0.group == group }) else { return }
    lost[position].logEmptied()
  }

  func storeRenewed(_ group: GroupID, _ renewal: StoreRenewal, error: (any Error)?, now: Instant) {
    guard let position = lost.firstIndex(where: { $0.group == group }) else {
      fatalError("A store was emptied that no lost replica needs.")
    }
    lost[position].storeEmptied(renewal.isDone, now: now)
    lostStores[group] = renewal.store
    let isFull = (error as? DiskError)?.isNoSpace ?? ((error as? StoreError)?.kind == .noSpace)
    if let error, !isFull {
      fail("The store of group \(group.rawValue) in \(configuration.dataDirectory) cannot be made anew: \(error). ")
    }
  }

  func writeIdentity(now: Instant) {
    guard let written = identity?.takeWrite(now: now) else { return }
    let (disk, directory) = (maker.disk, configuration.dataDirectory)
    startJob(.identity, lane: .preparation) { try written.write(disk, directory) }
  }

  func identityWritten(_ error: (any Error)?, now: Instant) {
    guard identity?.finished(error, now: now) == false, let error else { return }
    fail("The identity in \(configuration.dataDirectory) cannot be written: \(error). ")
  }
}
