/// The invocations and returns of closed calls in the order of time, as a doubly linked list from which a call is taken
/// and put back in constant time (Lowe, "Testing for linearizability", 2017, section 4).
///
/// A call whose invocation stands before the first return may be the next to take effect: no call that is left returned
/// before it began.
struct CallList {
  /// Even: the invocation of call `event / 2`; odd: its return. The last one is the list's end.
  typealias Event = Int32

  private var next: [Event]
  private var previous: [Event]
  private let times: [Int64]
  private let end: Event

  /// Complexity: O(n log n).
  init<Step>(_ calls: [ClosedCall<Step>]) {
    end = Event(calls.count * 2)
    var times: [Int64] = []
    for call in calls { times += [call.invoked, call.returned] }
    // What happened at the same time counts as concurrent.
    let order = (0..<end).sorted { left, right in
      (times[Int(left)], left & 1, left) < (times[Int(right)], right & 1, right)
    }
    next = Array(repeating: end, count: Int(end) + 1)
    previous = next
    var last = end
    for event in order + [end] {
      next[Int(last)] = event
      previous[Int(event)] = last
      last = event
    }
    self.times = times
  }

  var isEmpty: Bool { next[Int(end)] == end }

  /// The first event; a return at the list's end.
  var first: Event { next[Int(end)] }

  func after(_ event: Event) -> Event { next[Int(event)] }

  /// The call that `event` invokes; nil for a return and for the end.
  func invokedCall(_ event: Event) -> Int? { event & 1 == 0 && event != end ? Int(event >> 1) : nil }

  /// When the first of the calls that are left returned.
  var firstReturn: Int64 {
    var event = first
    while invokedCall(event) != nil { event = after(event) }
    return event == end ? .max : times[Int(event)]
  }

  mutating func take(_ call: Int) {
    unlink(Event(call * 2))
    unlink(Event(call * 2 + 1))
  }

  /// Calls are put back in the opposite order of their taking.
  mutating func putBack(_ call: Int) {
    link(Event(call * 2 + 1))
    link(Event(call * 2))
  }

  private mutating func unlink(_ event: Event) {
    next[Int(previous[Int(event)])] = next[Int(event)]
    previous[Int(next[Int(event)])] = previous[Int(event)]
  }

  private mutating func link(_ event: Event) {
    next[Int(previous[Int(event)])] = event
    previous[Int(next[Int(event)])] = event
  }
}
