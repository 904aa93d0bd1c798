import Environment

/// Events in the order of virtual time; those of one time in the order in which they were added.
struct EventQueue<Event> {
  private struct Scheduled {
    var at: Instant
    var sequence: UInt64
    var event: Event

    func isBefore(_ other: Scheduled) -> Bool { (at, sequence) < (other.at, other.sequence) }
  }

  private var heap: [Scheduled] = []
  private var sequence: UInt64 = 0

  var count: Int { heap.count }

  /// When the next event is due.
  var nextAt: Instant? { heap.first?.at }

  mutating func add(_ event: Event, at: Instant) {
    heap.append(Scheduled(at: at, sequence: sequence, event: event))
    sequence += 1
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].isBefore(heap[parent]) else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  mutating func next() -> (at: Instant, event: Event)? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      siftDown()
    }
    return (first.at, first.event)
  }

  private mutating func siftDown() {
    var parent = 0
    while true {
      var smallest = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
        if heap[child].isBefore(heap[smallest]) { smallest = child }
      }
      guard smallest != parent else { return }
      heap.swapAt(parent, smallest)
      parent = smallest
    }
  }
}
