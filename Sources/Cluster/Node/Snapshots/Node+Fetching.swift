import Environment
import Journal
import Messages
import Raft
import Replicas
import Store

/// The node as one whose replicas fetch their groups' states: at most one from each server at a time. Others wait until
/// their leader offers again.
extension Node {
  /// Since the node started.
  public var snapshotsServed: Int { snapshots.servedCount }
  public var snapshotsInstalled: Int { snapshots.installedCount }
  public var isFetchingSnapshot: Bool { !snapshots.fetches.isEmpty }

  func tickSnapshots(now: Instant) {
    snapshots.server.endIdle(now: now)
    for group in fetchedGroups {
      if snapshots[group]?.fetch.isOverdue(now: now) == true {
        giveUp(group, now: now)
      } else if let question = snapshots[group]?.fetch.repeated(now: now) {
        ask(question)
      }
    }
  }

  private var fetchedGroups: [GroupID] { snapshots.fetches.map(\.fetch.group) }

  /// What a turn adds: offers, and the switch once the replica may.
  func advanceSnapshots(_ offers: [(group: GroupID, offer: SnapshotOffer)], now: Instant) {
    for (group, offer) in offers { offered(offer, to: group, now: now) }
    for fetching in snapshots.fetches where !fetching.fetch.isWorking {
      if isObsolete(fetching) {
        giveUp(fetching.fetch.group, now: now)
      } else if fetching.fetch.phase == .built {
        startSwitch(fetching, now: now)
      }
    }
  }

  private func offered(_ offer: SnapshotOffer, to group: GroupID, now: Instant) {
    // A leader that stands still while another one is elected would otherwise hold up the group: the new one may need
    // this member for its majority.
    if let fetch = snapshots[group]?.fetch, fetch.server != offer.from.node, fetch.isOverdue(now: now, hasOffer: true) {
      giveUp(group, now: now)
    }
    guard snapshots.mayFetch(group, from: offer.from.node, now: now), let replica = replica(group) else { return }
    let fetch = SnapshotFetch(
      group: group, id: snapshots.drawNumber(), server: offer.from.node, offered: offer.position, now: now)
    snapshots[group] = SnapshotKeeper.Fetching(replica: replica, fetch: fetch)
    if let question = fetch.question { ask(question) }
  }

  /// The replica has gone, leads, or has come as far by its log.
  private func isObsolete(_ fetching: SnapshotKeeper.Fetching) -> Bool {
    let replica = fetching.replica
    let position = fetching.fetch.header?.position ?? fetching.fetch.offered
    return self.replica(replica.group) !== replica || replica.raft.isLeader || replica.raft.applied >= position.index
  }

  private func ask(_ question: SnapshotFrame) {
    guard let server = snapshots[question.group]?.fetch.server else { return }
    snapshots.send(question, to: server)
  }

  private func askNext(_ group: GroupID) {
    if let question = snapshots[group]?.fetch.question { ask(question) }
  }

  // MARK: Answers

  func fetched(_ frame: SnapshotFrame, from node: NodeID, now: Instant) {
    let group = frame.group
    guard let fetching = snapshots[group], fetching.fetch.id == frame.fetch, fetching.fetch.server == node,
      let outcome = snapshots[group]?.fetch.answered(frame.body, now: now)
    else { return letGo(frame, of: node) }
    switch outcome {
    case .ignored: break
    case .ask: askNext(group)
    case .giveUp: giveUp(group, now: now)
    case .begin:
      guard let header = snapshots[group]?.fetch.header else { return }
      snapshots[group]?.build = SnapshotBuild(of: group, beside: fetching.replica.store, header: header)
      run(.begin, group)
    case .add(let bytes, let number): run(.add(bytes, number), group)
    }
  }

  /// A question that came late has opened a view that nobody will read.
  private func letGo(_ frame: SnapshotFrame, of node: NodeID) {
    guard case .header = frame.body else { return }
    snapshots.send(SnapshotFrame(group: frame.group, fetch: frame.fetch, body: .close), to: node)
  }

  private func run(_ step: SnapshotBuild.Step, _ group: GroupID) {
    guard let build = snapshots[group]?.build else { fatalError("A snapshot's build is missing.") }
    startJob(.snapshot(.build(build)), lane: .storage) { try build.run(step) }
  }

  // MARK: Work that ended

  func snapshotWorkEnded(_ task: SnapshotKeeper.Task, error: (any Error)?, now: Instant) {
    switch task {
    case .read(let session, let sequence): readEnded(session, sequence, error: error, now: now)
    case .build(let build): buildEnded(build, error: error, now: now)
    }
  }

  private func buildEnded(_ build: SnapshotBuild, error: (any Error)?, now: Instant) {
    let group = build.group
    guard let fetching = snapshots[group], fetching.build === build else {
      fatalError("A step ended of a snapshot that nobody builds.")
    }
    if let error = error as? StoreError, error.kind == .syncFailed {
      return fail("The store of group \(group.rawValue) cannot be written: \(error). ")
    }
    switch fetching.fetch.phase {
    case .abandoning: snapshots[group] = nil
    case .switching: switchEnded(fetching, build, error: error, now: now)
    case .opening, .beginning, .awaiting, .adding, .finishing, .built:
      guard error == nil, !isObsolete(fetching) else {
        if error != nil { snapshots.failed(now: now) }
        return giveUp(group, now: now)
      }
      snapshots[group]?.fetch.workEnded(isComplete: build.isComplete, now: now)
      goOn(group)
    }
  }

  private func goOn(_ group: GroupID) {
    guard let fetch = snapshots[group]?.fetch else { return }
    switch fetch.phase {
    case .awaiting: askNext(group)
    case .finishing:
      // The server may let its view go: everything is here.
      ask(fetch.farewell)
      run(.finish(metadata: fetch.metadata), group)
    default: break
    }
  }

  /// Ends the fetch and removes what it has built. The leader offers again.
  private func giveUp(_ group: GroupID, now: Instant) {
    guard let fetching = snapshots[group] else { return }
    ask(fetching.fetch.farewell)
    guard fetching.build != nil else {
      snapshots[group] = nil
      return
    }
    snapshots[group]?.fetch.abandon(now: now)
    run(.abandon, group)
  }

  // MARK: The switch

  /// Waits until no other work uses the store, and for a replica that follows.
  private func startSwitch(_ fetching: SnapshotKeeper.Fetching, now: Instant) {
    let group = fetching.fetch.group
    guard let position = fetching.fetch.header?.position, fetching.replica.mayInstall(position), !isStoreBusy(group)
    else { return }
    fetching.replica.beginSwitch()
    snapshots[group]?.fetch.startSwitch(now: now)
    run(.install, group)
  }

  private func isStoreBusy(_ group: GroupID) -> Bool {
    jobs.values.contains { job in
      if case .storage(let task) = job { task.group == group } else { false }
    }
  }

  private func switchEnded(
    _ fetching: SnapshotKeeper.Fetching, _ build: SnapshotBuild, error: (any Error)?, now: Instant
  ) {
    let group = fetching.fetch.group
    if let error, build.isInstalled {
      return fail("The new store of group \(group.rawValue) cannot be opened: \(error). ")
    }
    guard let store = build.store, error == nil else {
      fetching.replica.resume()
      snapshots.failed(now: now)
      return giveUp(group, now: now)
    }
    snapshots[group] = nil
    guard replica(group) === fetching.replica else { return store.close() }
    do {
      let orphans = try fetching.replica.switchStore(to: store, journal: journal)
      storage.drop(orphans.map { (group, $0, store.applied.index) })
      snapshots.installedCount += 1
    } catch {
      fail("The new store of group \(group.rawValue) cannot be read: \(error). ")
    }
  }
}
