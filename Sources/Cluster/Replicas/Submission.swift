import Bytes
import Catalog
public import Environment
import Items
public import Messages
import Raft
import Shards

/// How an operation enters a replica.
extension Replica {
  /// Entries in memory that are not yet on a majority, in bytes, beyond which writes are refused as overloaded.
  static let backlogBytesMax = 64 << 20

  /// Answers at once where it can, by the returned value; else later, through the output of ``advance(journal:output:now:)``.
  public func submit(_ request: Request, to: ReplyTo, now: Instant) -> Answer? {
    if isSwitching { return notLeader }
    switch request.operation {
    case .write(let write): return submit(write, request, to: to)
    case .get(let key, let consistent):
      return read(.get(key), to: to, consistent: consistent, now: now)
    case .range(let range):
      return read(.range(range), to: to, consistent: range.consistent, now: now)
    case .catalogRead(let version):
      guard catalog != nil else { return Self.wrongGroup }
      return read(.catalog(version: version), to: to, consistent: true, now: now)
    case .catalogCommand(let command): return submit(command, request, to: to)
    case .configureTable(let bytes): return configure(bytes, to: to)
    case .dropTable(let table):
      guard let shard else { return Self.wrongGroup }
      return settle(.drop(table), isDone: shard.hasDropped(table), to: to)
    case .confirmIndex(let index):
      guard let shard else { return Self.wrongGroup }
      guard isServing else { return notLeader }
      return shard.isComplete(index) ? .done : .notYet
    case .checksum:
      guard shard != nil else { return Self.wrongGroup }
      return propose(.checksum, to: to) { .checksumAt($0) }
    case .describeMember, .relay, .assign, .changeMembers, .rangeSummed, .differs: return Self.wrongGroup
    case .placeReplicas(let nodes, let version): return place(on: nodes, version: version)
    case .index(let batch): return submit(batch, to: to)
    case .region(let batch): return submit(batch, to: to)
    case .regionMark(let read): return submit(read, to: to)
    case .closeTable(let table, let regions):
      guard let shard else { return Self.wrongGroup }
      guard isServing else { return notLeader }
      if shard.mustClose(table) {
        _ = propose(.closeTable(table))
        return .notYet
      }
      return shard.isSettled(table, in: regions) ? .done : .notYet
    case .confirmReplica(let table, let region):
      guard let shard else { return Self.wrongGroup }
      guard isServing else { return notLeader }
      return shard.isCopied(table, to: region) ? .done : .notYet
    case .stream(let read): return self.read(.stream(read), to: to, consistent: true, now: now)
    case .sizes(let tables):
      guard let shard else { return Self.wrongGroup }
      return shard.sizes(of: tables).map { .sizes($0) } ?? (isServing ? .sizes([]) : notLeader)
    case .replaceReplica(let node, let old): return replace(node, old: old.map { ReplicaID($0) }, to: to)
    }
  }

  private func submit(_ write: ItemWrite, _ request: Request, to: ReplyTo) -> Answer? {
    guard let shard else { return Self.wrongGroup }
    if let refusal = refusal(of: request) { return refusal }
    switch earlier(request.stamp, to: to) {
    case .answered(let answer): return answer
    case .waits: return nil
    case .none: break
    }
    switch shard.evaluate(write, timeMs: max(timeMs, request.stamp?.issuedAtMs ?? 0)) {
    case .refuse(let refusal): reads.append(Read(to: to, work: .answer(.refused(refusal), after: nil)))
    case .propose(let command, let image, let answer):
      let payload = request.stamp.map { stamp in
        EntryEnvelope.encode(stamp, answer, sizeHint: command.sizeHint) { command.encode(into: &$0) }
      }
      let made = Answer.written(answer)
      guard let index = propose(payload ?? command.encode(), to: to, answer: made) else { return notLeader }
      if let stamp = request.stamp { remembered.propose(stamp, at: index, made) }
      shard.proposed(write.key, image, time: command.time, at: index)
    case .answer(let answer, let after):
      // An earlier request for the same change may still be under way: it must not find otherwise.
      if let stamp = request.stamp, stamp.isRetry { remembered.decide(stamp, answer, after: after) }
      // A commit that was under way before this request proves nothing about leadership since: ask for the proof too.
      reads.append(Read(to: to, work: .answer(answer, after: after)))
    }
    return nil
  }

  /// What an applied entry says is true whoever leads; else the answer comes by the entry that is proposed here.
  private func submit(_ batch: IndexBatch, to: ReplyTo) -> Answer? {
    guard let shard else { return Self.wrongGroup }
    guard isServing else { return notLeader }
    if let answer = shard.knownAnswer(to: batch) { return answer }
    guard raft.cachedBytes < Self.backlogBytesMax else { return .refused(.overloaded) }
    return propose(ShardCommand.index(batch).encode(), to: to, answer: nil) == nil ? notLeader : nil
  }

  /// Changes from another region: the same, and what this leader's clients write from now on finds them.
  private func submit(_ batch: RegionBatch, to: ReplyTo) -> Answer? {
    guard let shard else { return Self.wrongGroup }
    guard isServing else { return notLeader }
    if let answer = shard.knownAnswer(to: batch) { return answer }
    guard raft.cachedBytes < Self.backlogBytesMax, shard.canForesee(batch) else { return .refused(.overloaded) }
    guard let index = propose(ShardCommand.region(batch).encode(), to: to, answer: nil) else { return notLeader }
    shard.foresee(batch, at: LogPosition(index: index, term: raft.term))
    return nil
  }

  /// A mark is given once leadership is proved: a former leader's would be about too little.
  private func submit(_ read: RegionMarkRead, to: ReplyTo) -> Answer? {
    guard let shard else { return Self.wrongGroup }
    guard isServing else { return notLeader }
    guard let mark = shard.mark(of: read.table),
      shard.settings(of: read.table)?.replication?.others.contains(read.region) == true
    else { return .refused(.unknownTable) }
    if shard.mustRaiseClock(of: read.table, to: read.time) {
      _ = propose(.raiseClock(read.table, to: read.time))
      return .notYet
    }
    reads.append(Read(to: to, work: .answer(.mark(mark), after: nil)))
    return nil
  }

  private func submit(_ command: [UInt8], _ request: Request, to: ReplyTo) -> Answer? {
    guard let catalog else { return Self.wrongGroup }
    guard let decoded = try? CatalogCommand(command) else {
      return .refused(.failed("The catalog command cannot be read."))
    }
    if decoded.needsRelease, catalog.catalog.release == 0 {
      return .refused(.failed("A node of the region may run a release that cannot read the catalog command."))
    }
    if let refusal = refusal(of: request) { return refusal }
    switch earlier(request.stamp, to: to) {
    case .answered(let answer): return answer
    case .waits: return nil
    case .none: break
    }
    let payload = request.stamp.map { stamp in
      EntryEnvelope.encode(stamp, nil, sizeHint: command.count) { $0.raw(command) }
    }
    guard let index = propose(payload ?? command, to: to, answer: nil) else { return notLeader }
    if let stamp = request.stamp { remembered.propose(stamp, at: index, nil) }
    return nil
  }

  /// Why a change is not looked at; nil where it is.
  private func refusal(of request: Request) -> Answer? {
    guard isServing else { return notLeader }
    #if GANTRY_PLANTS
      if Plants.planted == .staleEpochAccepted { return nil }
    #endif
    guard request.stamp == nil || request.term == raft.term else {
      Probes.hit(.requestForAnotherTermIsRefused)
      return .refused(.otherTerm)
    }
    guard raft.cachedBytes < Self.backlogBytesMax else { return .refused(.overloaded) }
    return nil
  }

  /// What became of a change that was asked for before.
  private enum Earlier {
    case none
    case answered(Answer)
    /// Its answer comes later.
    case waits
  }

  private func earlier(_ stamp: OperationStamp?, to: ReplyTo) -> Earlier {
    guard let stamp else { return .none }
    switch remembered.find(stamp) {
    case .fresh: return .none
    case .expired:
      Probes.hit(.expiredOperationIsRefused)
      return .answered(.refused(.expired(timeMs: remembered.timeMs)))
    case .answered: return .answered(.refused(.outcomeUnknown))
    case .known(.applied(let answer)):
      Probes.hit(.operationIsAnsweredAgain)
      return .answered(answer)
    case .known(.proposed(let index, let answer)):
      Probes.hit(.operationWaitsForItsFirstRequest)
      waiting.append(.init(index: index, to: to, answer: answer, isProposal: true))
    case .known(.decided(let answer, let after)):
      reads.append(Read(to: to, work: .answer(answer, after: after)))
    }
    return .waits
  }

  private func read(_ work: Read.Work, to: ReplyTo, consistent: Bool, now: Instant) -> Answer? {
    if !consistent, let staleness = staleness(now: now), staleness <= Freshness.stalenessMax {
      if !isServing {
        followerReads += 1
        Probes.hit(.followerServesARead)
      }
      perform(work, to: to)
      return nil
    }
    guard isServing else { return notLeader }
    reads.append(Read(to: to, work: work))
    return nil
  }

  /// Nil once proposed; `answer` makes the answer from the entry's index.
  private func propose(_ command: ShardCommand, to: ReplyTo, answer: (LogIndex) -> Answer) -> Answer? {
    let next = raft.last.index + 1
    guard isServing, propose(command.encode(), to: to, answer: answer(next)) != nil else { return notLeader }
    return nil
  }

  private func configure(_ bytes: [UInt8], to: ReplyTo) -> Answer? {
    guard let shard else { return Self.wrongGroup }
    guard let settings = try? TableSettings(bytes) else {
      return .refused(.failed("The table's settings cannot be read."))
    }
    let known = shard.settings(of: settings.id)?.version
    return settle(.configure(settings), isDone: known.map { $0 >= settings.version } ?? false, to: to)
  }

  /// Proposes a change of the shard's settings unless it was made before.
  private func settle(_ command: ShardCommand, isDone: Bool, to: ReplyTo) -> Answer? {
    guard isServing else { return notLeader }
    guard isDone else { return propose(command, to: to) { _ in .done } }
    reads.append(Read(to: to, work: .answer(.done, after: nil)))
    return nil
  }
}
