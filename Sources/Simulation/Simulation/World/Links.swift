import Messages

/// Which ways between processes are cut, and on which messages wait. Cuts from several causes add up: a way is open once all are lifted.
struct Links {
  private let nodes: Int
  private let width: Int
  private var cuts: [Int]
  private var holds: [Int]

  init(nodes: Int, coordinators: Int) {
    self.nodes = nodes
    width = nodes + coordinators
    cuts = Array(repeating: 0, count: width * width)
    holds = cuts
  }

  func isOpen(from: Process, to: Process) -> Bool { cuts[place(from, to)] == 0 }

  mutating func cut(from: Process, to: Process) { cuts[place(from, to)] += 1 }

  mutating func lift(from: Process, to: Process) { cuts[place(from, to)] -= 1 }

  mutating func liftAll() { cuts = Array(repeating: 0, count: width * width) }

  /// Whether what is sent that way waits.
  func isHeld(from: Process, to: Process) -> Bool { holds[place(from, to)] > 0 }

  mutating func hold(from: Process, to: Process) { holds[place(from, to)] += 1 }

  mutating func release(from: Process, to: Process) { holds[place(from, to)] -= 1 }

  private func place(_ from: Process, _ to: Process) -> Int { number(from) * width + number(to) }

  private func number(_ process: Process) -> Int {
    switch process {
    case .node(let id): Int(id.rawValue) - 1
    case .coordinator(let number): nodes + number
    }
  }
}
