import Catalog
import Environment
import Messages

/// Which replica a request goes to, and what follows when it cannot answer.
extension Coordinator {
  func send(_ token: UInt64, now: Instant) {
    guard var call = calls[token] else { return }
    guard let shard = shard(for: call) else {
      wait(token, now: now)
      return
    }
    call.shard = shard
    if call.changesState, !call.isInDoubt, call.deadline <= now + configuration.lastSendMargin {
      calls[token] = call
      hold(token, until: call.deadline)
      return
    }
    let lags = mayLag(call, now: now)
    guard let node = lags ? anyReplica(of: shard) : target(for: shard) else {
      calls[token] = call
      wait(token, now: now)
      return
    }
    if !lags, leaders[shard]?.isCertain != true, !scouts.ask(shard, now: now) {
      Probes.hit(.callWaitsForAScout)
      calls[token] = call
      holdBack(token, for: shard)
      return
    }
    if call.changesState { stamp(&call, now: now) }
    let operation: Operation
    if case .scan(let rest, _) = call.stage {
      operation = .range(clip(rest, to: shard))
    } else {
      operation = call.operation(knowing: catalog.version)
    }
    let request = enqueue(operation, shard: shard, stamp: call.changesState ? call.stamp : nil, to: node)
    requests[request] = token
    call.request = request
    call.sentTo = node
    attempts.append((now + configuration.attemptTimeout, request))
    calls[token] = call
  }

  /// Whether any replica will do. Soon after a change its leader is better: the others may not have heard of it.
  private func mayLag(_ call: PendingCall, now: Instant) -> Bool {
    call.isEventual && call.misses == 0
      && !recentChanges.has(call.shard, since: configuration.recentChangeSpan, before: now)
  }

  /// A change keeps its number for life; what is said of other changes is as new as can be.
  private func stamp(_ call: inout PendingCall, now: Instant) {
    guard call.stamp != nil else {
      call.stamp = numbers.issue(atMs: hybridClock.read(now: now))
      return
    }
    call.stamp?.isRetry = call.isInDoubt
    call.stamp?.answeredBelow = numbers.answeredBelow
  }

  func enqueue(_ operation: Operation, shard: ShardID, stamp: OperationStamp? = nil, to node: NodeID) -> UInt64 {
    let id = nextRequest
    nextRequest += 1
    guard let position = links.firstIndex(where: { $0.node == node }) else {
      fatalError("A request goes to a configured node.")
    }
    let known = leaders[shard].flatMap { $0.node == node ? $0.term : nil }
    links[position].outbound.append(
      Request(id: id, shard: shard, term: known ?? 0, stamp: stamp, operation: operation))
    return id
  }

  /// Nil while the shard map is unknown.
  private func shard(for call: PendingCall) -> ShardID? {
    if case .scan(let rest, _) = call.stage { return catalog.shardMap?.shard(for: rest.lower.hash).id }
    switch (call.call, call.stage) {
    case (.write(let write), .single): return catalog.shardMap?.shard(for: write.key.hash).id
    case (.get(let key, _), .single): return catalog.shardMap?.shard(for: key.hash).id
    case (.query(let range), .single): return catalog.shardMap?.shard(for: range.lower.hash).id
    case (.stream(_, let shard), .single), (.sizes(_, let shard), .single): return catalog.shardMap == nil ? nil : shard
    default: return .metadata
    }
  }

  /// The known leader, else any replica that can be reached, so that repeated tries go round.
  func target(for shard: ShardID) -> NodeID? {
    if let leader = leaders[shard], isUp(leader.node) { return leader.node }
    return anyReplica(of: shard)
  }

  /// Chosen at random among those that can be reached: reads that need not see the newest writes are spread.
  private func anyReplica(of shard: ShardID) -> NodeID? {
    let replicas =
      shard == .metadata
      ? metadataNodes : catalog.shardMap?.shards.first { $0.id == shard }?.nodes ?? []
    var reachable = replicas.filter(isUp)
    // What is known of places may be old: any node may know better.
    if reachable.isEmpty { reachable = links.filter(\.isUp).map(\.node) }
    guard !reachable.isEmpty else { return nil }
    return reachable[Int(random.below(UInt64(reachable.count)))]
  }

  /// Where the metadata group was, as far as is known; who is asked in vain does not matter.
  private var metadataNodes: [NodeID] { catalog.members?.nodes(of: .metadata) ?? configuration.nodes }

  private func isUp(_ node: NodeID) -> Bool { links.contains { $0.node == node && $0.isUp } }

  /// Asks a replica of every shard without a known leader who leads it, so that the first call finds it.
  func probeLeaders() {
    guard let map = catalog.shardMap else { return }
    if probes.count >= map.shards.count * links.count { probes.removeAll() }
    for shard in map.shards where leaders[shard.id] == nil {
      guard let node = target(for: shard.id) else { continue }
      let key = RowKey(table: .shardState, hash: shard.lower)
      probes[enqueue(.get(key, consistent: true), shard: shard.id, to: node)] = shard.id
    }
  }

  func wait(_ token: UInt64, now: Instant) {
    guard let place = calls.index(forKey: token) else { return }
    calls.values[place].misses += 1
    hold(token, until: now + scouts.delay(after: Int(calls.values[place].misses)))
  }

  private func hold(_ token: UInt64, until time: Instant) {
    guard withdraw(token) else { return }
    waiting.append(Waiting(token: token, at: time))
  }

  /// Until the leader of a shard, for which another call looks, has answered.
  private func holdBack(_ token: UInt64, for shard: ShardID) {
    guard withdraw(token) else { return }
    guard let place = held.firstIndex(where: { $0.shard == shard }) else {
      held.append(Held(shard: shard, tokens: [token]))
      return
    }
    held[place].tokens.append(token)
  }

  /// The call has no request any more; false where there is no such call.
  private func withdraw(_ token: UInt64) -> Bool {
    guard let place = calls.index(forKey: token) else { return false }
    calls.values[place].request = nil
    calls.values[place].sentTo = nil
    return true
  }

  /// - Parameter all: whether the time that each was to wait does not matter.
  func retryWaiting(now: Instant, all: Bool) {
    var due = takeWaiting { all || $0.at <= now }
    for place in held.indices where !held[place].tokens.isEmpty {
      if leaders[held[place].shard]?.isCertain == true {
        due += held[place].take()
      } else if scouts.mayAsk(held[place].shard, now: now) {
        due.append(held[place].tokens.removeFirst())
      }
    }
    for token in due { send(token, now: now) }
  }

  /// Whoever waited for a leader that has answered since asks it.
  func sendToFound(now: Instant) {
    guard !found.isEmpty else { return }
    let shards = found
    found.removeAll()
    var due = takeWaiting { entry in calls[entry.token].map { shards.contains($0.shard) } ?? false }
    for place in held.indices where shards.contains(held[place].shard) { due += held[place].take() }
    for token in due { send(token, now: now) }
  }

  /// Takes out those that wait no longer.
  private func takeWaiting(where isDue: (Waiting) -> Bool) -> [UInt64] {
    guard !waiting.isEmpty else { return [] }
    var due: [UInt64] = []
    waiting.removeAll { entry in
      guard isDue(entry) else { return false }
      due.append(entry.token)
      return true
    }
    return due
  }

  func learn(_ leader: Leader?, of shard: ShardID) {
    leaders[shard] = leader
    if leader?.isCertain == true, scouts.end(shard) { found.append(shard) }
  }

  /// What a replica that does not lead says of who does, if it knows; itself it names where it leads but does not serve.
  func heard(of leader: NodeID?, from node: NodeID, term: UInt64, of shard: ShardID) {
    // A leader that has answered is not unseated by those who are behind it.
    if let known = leaders[shard], known.isCertain, known.node != node, known.term >= term { return }
    learn(leader == node ? nil : leader.map { Leader(node: $0, term: term, isCertain: false) }, of: shard)
  }

  /// The connection or the replica went away with the request, or nothing came back: it is sent again.
  func answerLost(_ token: UInt64, now: Instant) {
    guard let call = calls[token] else { return }
    Probes.hit(.answerIsLost)
    if let request = call.request { requests[request] = nil }
    calls[token]?.isInDoubt = call.isInDoubt || call.changesState
    wait(token, now: now)
  }

  func expire(_ token: UInt64) {
    guard let call = calls[token] else { return }
    if let request = call.request { requests[request] = nil }
    switch call.stage {
    // What was asked for is done, only not seen everywhere yet.
    case .awaitActive(let table), .awaitFollowed(let table), .awaitGone(let table):
      return finish(token, .catalog(.table(table)))
    case .awaitCatalog(let outcome): return finish(token, .catalog(outcome))
    case .single, .scan: break
    }
    if call.changesState && (call.request != nil || call.isInDoubt) {
      finish(token, .failed(.outcomeUnknown))
    } else {
      let what = call.shard == .metadata ? "the metadata group" : "shard \(call.shard.rawValue)"
      finish(token, .failed(.unavailable("No leader of \(what) answered in time.")))
    }
  }

  func finish(_ token: UInt64, _ outcome: CallOutcome) {
    if case .failed(.outcomeUnknown) = outcome { Probes.hit(.outcomeStaysUnknown) }
    if let stamp = calls.removeValue(forKey: token)?.stamp { numbers.settle(stamp) }
    outcomes.append((token, outcome))
  }

  /// The part of a scan that lies in one shard.
  private func clip(_ range: RangeRead, to shard: ShardID) -> RangeRead {
    guard let map = catalog.shardMap, let hashes = map.range(of: shard), hashes.upperBound < .max else { return range }
    var clipped = range
    clipped.upper = min(range.upper, RowKey(table: range.lower.table, hash: hashes.upperBound + 1))
    return clipped
  }
}
