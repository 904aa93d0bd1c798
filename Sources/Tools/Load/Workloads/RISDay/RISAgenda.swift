/// What is to happen, by the write at which it is due; a binary heap. Of what is due together, what was entered first
/// comes first.
struct RISAgenda<Event: Sendable>: Sendable {
  private struct Entry: Sendable {
    var due: Int
    var order: Int
    var event: Event

    func precedes(_ other: Entry) -> Bool { (due, order) < (other.due, other.order) }
  }

  private var heap: [Entry] = []
  private var entered = 0

  mutating func add(_ event: Event, due: Int) {
    heap.append(Entry(due: due, order: entered, event: event))
    entered += 1
    var child = heap.count - 1
    while child > 0, heap[child].precedes(heap[(child - 1) / 2]) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// The next event that is due; nil where none is.
  mutating func take(at now: Int) -> Event? {
    guard let first = heap.first, first.due <= now else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink()
    }
    return first.event
  }

  private mutating func sink() {
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].precedes(heap[least]) {
        least = child
      }
      guard least != parent else { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
