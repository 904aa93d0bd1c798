import Catalog
import Items
public import Messages
import Raft
import Shards

/// How an operation enters a replica.
extension Replica {
  /// Entries in memory that are not yet on a majority, in bytes, beyond which writes are refused as overloaded.
  static let backlogBytesMax = 64 << 20

  /// Answers at once where it can, by the returned value; else later, through the output of ``advance(journal:output:now:)``.
  public func submit(_ operation: Operation, to: ReplyTo) -> Answer? {
    switch operation {
    case .write(let write): return submit(write, to: to)
    case .get(let key, let consistent):
      return read(.get(key), to: to, consistent: consistent)
    case .range(let range):
      return read(.range(range), to: to, consistent: range.consistent)
    case .catalogRead(let version):
      guard catalog != nil else { return Self.wrongGroup }
      return read(.catalog(version: version), to: to, consistent: true)
    case .catalogCommand(let command):
      guard catalog != nil else { return Self.wrongGroup }
      guard (try? CatalogCommand(command)) != nil else {
        return .refused(.failed("The catalog command cannot be read."))
      }
      guard isServing, propose(command, to: to, answer: nil) != nil else { return notLeader }
      return nil
    case .installTable(let bytes): return install(bytes, to: to)
    case .dropTable(let table):
      guard let shard else { return Self.wrongGroup }
      return settle(.drop(table), isDone: !shard.serves(table), to: to)
    case .checksum:
      guard shard != nil else { return Self.wrongGroup }
      return propose(.checksum, to: to) { .checksumAt($0) }
    case .describeMember: return Self.wrongGroup
    case .replaceReplica(let node, let old): return replace(node, old: old.map { ReplicaID($0) }, to: to)
    }
  }

  private func submit(_ write: ItemWrite, to: ReplyTo) -> Answer? {
    guard let shard else { return Self.wrongGroup }
    guard isServing else { return notLeader }
    guard raft.cachedBytes < Self.backlogBytesMax else { return .refused(.overloaded) }
    switch shard.evaluate(write) {
    case .refuse(let refusal): reads.append(Read(to: to, work: .answer(.refused(refusal), after: nil)))
    case .propose(let payload, let image, let answer):
      guard let index = propose(payload, to: to, answer: answer) else { return notLeader }
      shard.proposed(write.key, image, at: index)
    case .answer(let answer, let after):
      // A commit that was under way before this request proves nothing about leadership since: ask for the proof too.
      reads.append(Read(to: to, work: .answer(answer, after: after)))
    }
    return nil
  }

  private func read(_ work: Read.Work, to: ReplyTo, consistent: Bool) -> Answer? {
    guard isServing else { return notLeader }
    guard consistent else {
      perform(work, to: to)
      return nil
    }
    reads.append(Read(to: to, work: work))
    return nil
  }

  /// Nil once proposed; `answer` makes the answer from the entry's index.
  private func propose(_ command: ShardCommand, to: ReplyTo, answer: (LogIndex) -> Answer) -> Answer? {
    let next = raft.last.index + 1
    guard isServing, propose(command.encode(), to: to, answer: answer(next)) != nil else { return notLeader }
    return nil
  }

  private func install(_ bytes: [UInt8], to: ReplyTo) -> Answer? {
    guard let shard else { return Self.wrongGroup }
    guard let settings = try? TableSettings(bytes) else {
      return .refused(.failed("The table's settings cannot be read."))
    }
    return settle(.install(settings), isDone: shard.serves(settings.id), to: to)
  }

  /// Proposes a change of the shard's settings unless it was made before.
  private func settle(_ command: ShardCommand, isDone: Bool, to: ReplyTo) -> Answer? {
    guard isServing else { return notLeader }
    guard isDone else { return propose(command, to: to) { _ in .done } }
    reads.append(Read(to: to, work: .answer(.done, after: nil)))
    return nil
  }
}
