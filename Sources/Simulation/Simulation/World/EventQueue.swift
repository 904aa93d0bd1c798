import Environment

/// Events in the order of virtual time; those of one time in the order in which they were added.
///
/// The heap holds places of events, not events, so that what it moves about is three numbers.
struct EventQueue<Event> {
  private struct Scheduled {
    var at: Instant
    var sequence: UInt64
    var place: Int

    func isBefore(_ other: Scheduled) -> Bool {
      at.nanoseconds != other.at.nanoseconds ? at.nanoseconds < other.at.nanoseconds : sequence < other.sequence
    }
  }

  private var heap: [Scheduled] = []
  private var events: [Event?] = []
  private var free: [Int] = []
  private var sequence: UInt64 = 0

  var count: Int { heap.count }

  /// When the next event is due.
  var nextAt: Instant? { heap.first?.at }

  mutating func add(_ event: Event, at: Instant) {
    let place: Int
    if let unused = free.popLast() {
      place = unused
      events[place] = event
    } else {
      place = events.count
      events.append(event)
    }
    heap.append(Scheduled(at: at, sequence: sequence, place: place))
    sequence += 1
    siftUp()
  }

  mutating func next() -> (at: Instant, event: Event)? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty { siftDown(last) }
    free.append(first.place)
    guard let event = events[first.place].take() else { fatalError("An event of the queue is missing.") }
    return (first.at, event)
  }

  private mutating func siftUp() {
    var child = heap.count - 1
    let moving = heap[child]
    while child > 0 {
      let parent = (child - 1) / 2
      guard moving.isBefore(heap[parent]) else { break }
      heap[child] = heap[parent]
      child = parent
    }
    heap[child] = moving
  }

  /// Puts `moving` in the place of the first one.
  private mutating func siftDown(_ moving: Scheduled) {
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1].isBefore(heap[child]) { child += 1 }
      guard heap[child].isBefore(moving) else { break }
      heap[parent] = heap[child]
      parent = child
    }
    heap[parent] = moving
  }
}
