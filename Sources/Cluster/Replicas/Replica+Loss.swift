import DequeModule
public import Messages

extension Replica {
  /// The replica lost what it had promised and acts no more. Everything that waited for it is answered as if it had
  /// stopped leading; the coordinators ask elsewhere.
  public func leave() -> [(to: ReplyTo, answer: Answer)] {
    let elsewhere = Answer.refused(.notLeader(leader: nil))
    var answers: [(to: ReplyTo, answer: Answer)] = []
    for waiter in waiting.removeAll() {
      answers.append((waiter.to, waiter.isProposal ? .refused(.outcomeUnknown) : elsewhere))
    }
    for read in reads + readBatches.flatMap(\.reads) + confirmed { answers.append((read.to, elsewhere)) }
    reads = []
    readBatches.removeAll()
    confirmed.removeAll()
    readsUnderWay = 0
    return answers
  }
}
