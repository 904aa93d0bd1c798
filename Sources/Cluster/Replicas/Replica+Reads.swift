import Catalog
import DequeModule
import Environment
import Items
import Messages
import Raft
import Shards

/// Reads: asked for together once a turn, confirmed by a round of heartbeats, answered within a budget.
extension Replica {
  /// Under the lease the reads are answered at the end of the turn (``answerLeased(_:output:)``), else they wait for a
  /// round.
  func askForReads(now: Instant, output: inout ReplicaOutput) {
    guard !reads.isEmpty, !(isServing && raft.holdsLease(at: now)) else { return }
    Probes.hit(.readFallsBackToARound)
    let batch = reads
    reads = []
    guard raft.requestRead(nextReadToken, now: now) else {
      for read in batch { reply(read.to, notLeader, &output) }
      return
    }
    readBatches.append((nextReadToken, batch))
    readsUnderWay += batch.count
    nextReadToken += 1
  }

  /// Reads first and asks for the time afterwards: a process that stood still in between finds its lease expired and its
  /// answers worthless. What is not answered waits for the next turn.
  func answerLeased(_ clock: () -> Instant, output: inout ReplicaOutput) {
    guard !reads.isEmpty, isServing else { return }
    var answers: [ReplicaOutput.Reply] = []
    var later: [WaitingAnswers.Waiting] = []
    var bytes = 0
    var taken = 0
    for read in reads {
      guard bytes < Self.readBytesAtOnceMax else { break }
      taken += 1
      if case .answer(let answer, let after?) = read.work, after > raft.applied {
        later.append(.init(index: after, to: read.to, answer: answer, isProposal: false))
        continue
      }
      let answer = answer(read.work)
      bytes += answer.cost
      answers.append(reply(read.to, answer))
    }
    guard raft.holdsLease(at: clock()) else { return }
    reads.removeFirst(taken)
    output.replies += answers
    for waiter in later { waiting.append(waiter) }
  }

  func confirm(_ ready: ReadyRead) {
    guard let batch = readBatches.popFirst(), batch.token == ready.token else {
      fatalError("Reads are confirmed in the order in which they were asked for.")
    }
    for read in batch.reads {
      if case .answer(let answer, let after?) = read.work, after > raft.applied {
        readsUnderWay -= 1
        waiting.append(.init(index: after, to: read.to, answer: answer, isProposal: false))
      } else {
        confirmed.append(read)
      }
    }
  }

  /// Answers a read that needs no confirmation, in its turn.
  func perform(_ work: Read.Work, to: ReplyTo) {
    confirmed.append(Read(to: to, work: work))
    readsUnderWay += 1
  }

  func answerConfirmed(output: inout ReplicaOutput) {
    var bytes = 0
    while bytes < Self.readBytesAtOnceMax, let read = confirmed.popFirst() {
      readsUnderWay -= 1
      var answer = answer(read.work)
      // A follower may not have applied yet that there is such a table.
      if !isServing, case .refused(.unknownTable) = answer { answer = notLeader }
      bytes += answer.cost
      reply(read.to, answer, &output)
    }
  }

  func abandon(_ token: UInt64, output: inout ReplicaOutput) {
    guard let position = readBatches.firstIndex(where: { $0.token == token }) else { return }
    let batch = readBatches.remove(at: position).reads
    readsUnderWay -= batch.count
    for read in batch { reply(read.to, notLeader, &output) }
  }

  func answer(_ work: Read.Work) -> Answer {
    switch work {
    case .answer(let answer, _): return answer
    case .get(let key): return shard?.get(key) ?? Self.wrongGroup
    case .range(let range): return shard?.read(range) ?? Self.wrongGroup
    case .stream(let read): return shard?.read(read) ?? Self.wrongGroup
    case .catalog(let version):
      guard let catalog else { return Self.wrongGroup }
      return .catalog(catalog.catalog.version > version ? catalog.catalog.encode() : nil)
    }
  }
}

extension StreamRecord {
  fileprivate var cost: Int { 64 + (old?.bytes.count ?? 0) + (new?.bytes.count ?? 0) }
}

extension Answer {
  /// What an answer takes of a turn's budget, in bytes: what was read for it, and something for the work itself.
  fileprivate var cost: Int {
    let fixed = 1 << 10
    switch self {
    case .page(let page): return fixed + Int(page.scannedBytes)
    case .item(let item): return fixed + (item?.bytes.count ?? 0)
    case .conditionFailed(let old, _): return fixed + (old?.bytes.count ?? 0)
    case .catalog(let bytes): return fixed + (bytes?.count ?? 0)
    case .stream(let page): return fixed + page.records.reduce(0) { $0 + $1.cost }
    case .written, .catalogOutcome, .done, .notYet, .checksumAt, .member, .replacement, .indexed, .mark, .sizes,
      .refused:
      return fixed
    }
  }
}
