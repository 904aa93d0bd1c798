import Catalog
import Environment
import Messages

/// What an answer means for its call.
extension Coordinator {
  func received(_ response: Response, for token: UInt64, from node: NodeID, now: Instant) {
    guard let call = calls[token] else { return }
    let answer = response.answer
    if case .refused(let refusal) = answer {
      refused(refusal, call, by: Leader(node: node, term: response.term, isCertain: true), now: now)
      return
    }
    if !call.isEventual { learn(Leader(node: node, term: response.term, isCertain: true), of: call.shard) }
    switch call.stage {
    case .single: single(answer, call, now: now)
    case .scan(let rest, let collected):
      guard case .page(let page) = answer else { return unexpected(call) }
      scanned(page, rest: rest, collected: collected, call, now: now)
    // The answers name the table as it was when it was accepted; what follows sees it active, or gone.
    case .awaitActive(let table):
      adopt(answer)
      settle(token, table, isDone: catalog.table(table.id)?.status != .creating, now: now)
    case .awaitFollowed(let table):
      adopt(answer)
      settle(token, table, isDone: !isFollowing(table), now: now)
    case .awaitGone(let table):
      adopt(answer)
      settle(token, table, isDone: catalog.table(table.id) == nil, now: now)
    case .awaitCatalog(let outcome):
      adopt(answer)
      finish(token, .catalog(outcome))
    }
  }

  private func single(_ answer: Answer, _ call: PendingCall, now: Instant) {
    switch answer {
    case .written(let written):
      recentChanges.note(call.shard, at: now)
      finish(call.token, .written(written))
    case .conditionFailed(let old, let oldBytes): finish(call.token, .conditionFailed(old: old, oldBytes: oldBytes))
    case .item(let item): finish(call.token, .item(item))
    case .page(let page): finish(call.token, .page(page))
    case .stream(let page): finish(call.token, .stream(page))
    case .sizes(let sizes): finish(call.token, .sizes(sizes))
    case .catalog:
      adopt(answer)
      finish(call.token, .refreshed)
    case .catalogOutcome(let bytes):
      guard let outcome = try? CatalogOutcome(bytes) else { return unexpected(call) }
      changed(outcome, call, now: now)
    case .done, .notYet, .checksumAt, .member, .replacement, .indexed, .mark, .refused: unexpected(call)
    }
  }

  private func settle(_ token: UInt64, _ table: Table, isDone: Bool, now: Instant) {
    if isDone { finish(token, .catalog(.table(table))) } else { wait(token, now: now) }
  }

  /// Whether some shard may lack the settings of that version. Newer ones come only after all had these.
  private func isFollowing(_ table: Table) -> Bool {
    guard let current = catalog.table(table.id) else { return false }
    return current.settingsVersion == table.settingsVersion && current.status == .updating
  }

  private func changed(_ outcome: CatalogOutcome, _ call: PendingCall, now: Instant) {
    var call = call
    switch (call.call, outcome) {
    case (.createTable, .table(let table)): call.stage = .awaitActive(table)
    case (.alterTable, .table(let table)): call.stage = .awaitFollowed(table)
    case (.deleteTable, .table(let table)): call.stage = .awaitGone(table)
    default: call.stage = .awaitCatalog(outcome)
    }
    call.misses = 0
    calls[call.token] = call
    send(call.token, now: now)
  }

  private func scanned(
    _ page: RangePage, rest: RangeRead, collected: RangePage, _ call: PendingCall, now: Instant
  ) {
    var collected = collected
    collected.items += page.items
    collected.count += page.count
    collected.scannedCount += page.scannedCount
    collected.scannedBytes += page.scannedBytes
    collected.last = page.last
    guard page.last == nil, let next = afterShard(call.shard, rest: rest, page: page) else {
      finish(call.token, .page(collected))
      return
    }
    var call = call
    call.stage = .scan(rest: next, collected: collected)
    call.misses = 0
    calls[call.token] = call
    send(call.token, now: now)
  }

  /// What is left of a scan after a shard was read to its end; nil at the end of the range.
  private func afterShard(_ shard: ShardID, rest: RangeRead, page: RangePage) -> RangeRead? {
    guard let hashes = catalog.shardMap?.range(of: shard), hashes.upperBound < .max else { return nil }
    var next = rest
    next.lower = RowKey(table: rest.lower.table, hash: hashes.upperBound + 1)
    guard next.lower < rest.upper else { return nil }
    if let limit = rest.limit { next.limit = limit - min(limit, page.scannedCount) }
    next.pageBytesMax = rest.pageBytesMax - UInt32(min(UInt64(rest.pageBytesMax), page.scannedBytes))
    return next
  }

  private func refused(_ refusal: Refusal, _ call: PendingCall, by replica: Leader, now: Instant) {
    switch refusal {
    case .notLeader(let leader):
      let isNews = leader != nil && leader != replica.node && leaders[call.shard]?.node != leader
      heard(of: leader, from: replica.node, term: replica.term, of: call.shard)
      // It is on a node that came since the catalog was read.
      if let leader, !links.contains(where: { $0.node == leader }) { catalogAskedAt = nil }
      // A leader named for the first time is asked at once; else the group is between leaders, which takes a while.
      if isNews {
        Probes.hit(.leaderIsLearntFromARefusal)
        scouts.follow(call.shard)
        send(call.token, now: now)
      } else {
        wait(call.token, now: now)
      }
    case .otherTerm:
      learn(replica, of: call.shard)
      send(call.token, now: now)
    case .outcomeUnknown: answerLost(call.token, now: now)
    case .wrongShard: wait(call.token, now: now)
    case .overloaded where call.isAccepted, .failed where call.isAccepted: wait(call.token, now: now)
    // Only a leader decides that.
    case .expired(let timeMs):
      learn(replica, of: call.shard)
      expired(timeMs, call, now: now)
    case .overloaded: refused(call, .overloaded, isFinal: false, now: now)
    case .failed(let text): refused(call, .failed(text), isFinal: false, now: now)
    case .unknownTable: refused(call, .unknownTable, isFinal: true, now: now)
    // Decided by the shard itself, which has seen to it that no other request for this change says otherwise.
    case .invalid(let text): finish(call.token, .failed(.invalid(text)))
    }
  }

  /// This request had no effect. Of a change in doubt an earlier one may have had: what is refused for now is asked for
  /// again until its deadline, what is refused for good leaves it open.
  private func refused(_ call: PendingCall, _ failure: CallFailure, isFinal: Bool, now: Instant) {
    if !call.isInDoubt {
      finish(call.token, .failed(failure))
    } else if isFinal {
      finish(call.token, .failed(.outcomeUnknown))
    } else {
      wait(call.token, now: now)
    }
  }

  /// This clock is behind the shard's: a change that was never in doubt is issued anew.
  private func expired(_ timeMs: UInt64, _ call: PendingCall, now: Instant) {
    Probes.hit(.clockFollowsAShard)
    hybridClock.follow(timeMs)
    guard !call.isInDoubt else { return finish(call.token, .failed(.outcomeUnknown)) }
    calls[call.token]?.stamp?.issuedAtMs = hybridClock.read(now: now)
    send(call.token, now: now)
  }

  /// An answer of another kind than the question allows: the peer is broken, so nothing is known.
  private func unexpected(_ call: PendingCall) {
    finish(
      call.token, .failed(call.changesState ? .outcomeUnknown : .failed("A replica gave an answer of a wrong kind.")))
  }
}
