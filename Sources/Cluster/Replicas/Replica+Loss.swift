import DequeModule
import Messages

extension Replica {
  /// The replica lost what it had promised and acts no more. Everything that waited for it is answered as if it had
  /// stopped leading; the coordinators ask elsewhere.
  public func leave() -> [ReplicaOutput.Reply] {
    let elsewhere = Answer.refused(.notLeader(leader: nil))
    var answers: [ReplicaOutput.Reply] = []
    for waiter in waiting.removeAll() {
      answers.append(reply(waiter.to, waiter.isProposal ? .refused(.outcomeUnknown) : elsewhere))
    }
    for read in reads + readBatches.flatMap(\.reads) + confirmed { answers.append(reply(read.to, elsewhere)) }
    reads = []
    readBatches.removeAll()
    confirmed.removeAll()
    readsUnderWay = 0
    return answers
  }
}
