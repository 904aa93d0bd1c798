import Messages

/// Which ways between processes are cut. Cuts from several causes add up: a way is open once all are lifted.
struct Links {
  private let nodes: Int
  private let width: Int
  private var cuts: [Int]

  init(nodes: Int, coordinators: Int) {
    self.nodes = nodes
    width = nodes + coordinators
    cuts = Array(repeating: 0, count: width * width)
  }

  func isOpen(from: Process, to: Process) -> Bool { cuts[place(from, to)] == 0 }

  mutating func cut(from: Process, to: Process) { cuts[place(from, to)] += 1 }

  mutating func lift(from: Process, to: Process) { cuts[place(from, to)] -= 1 }

  mutating func liftAll() { cuts = Array(repeating: 0, count: width * width) }

  private func place(_ from: Process, _ to: Process) -> Int { number(from) * width + number(to) }

  private func number(_ process: Process) -> Int {
    switch process {
    case .node(let id): Int(id.rawValue) - 1
    case .coordinator(let number): nodes + number
    }
  }
}
