import DequeModule
import Messages
import Raft

/// Answers of a leader that wait for an entry to be applied, in the order of the log.
struct WaitingAnswers {
  struct Waiting {
    var index: LogIndex
    var to: ReplyTo
    /// Nil where applying the entry makes the answer.
    var answer: Answer?
    /// True where the entry is the operation's own, so that losing it leaves the outcome open.
    var isProposal: Bool
  }

  private var queue = Deque<Waiting>()

  var count: Int { queue.count }

  mutating func append(_ waiting: Waiting) {
    var position = queue.count
    while position > 0, queue[position - 1].index > waiting.index { position -= 1 }
    queue.insert(waiting, at: position)
  }

  /// The next answer that waits for an entry at or below `index`.
  mutating func next(through index: LogIndex) -> Waiting? {
    guard let first = queue.first, first.index <= index else { return nil }
    return queue.removeFirst()
  }

  mutating func removeAll() -> [Waiting] {
    defer { queue.removeAll() }
    return Array(queue)
  }
}
