import Journal
import Raft
import Replicas

/// Holds messages and tickets back until what they promise is on disk.
///
/// One write is in flight at a time. What is handed in belongs to the write that is taken next, unless nothing is
/// pending: then it waits for the write in flight, or for nothing.
struct SyncGate {
  struct Held {
    var messages: [ReplicaOutput.Outgoing] = []
    var tickets: [(group: GroupID, ticket: SyncTicket)] = []
    /// Groups whose log was emptied.
    var emptied: [GroupID] = []

    mutating func add(_ messages: [ReplicaOutput.Outgoing], _ tickets: [(group: GroupID, ticket: SyncTicket)]) {
      self.messages += messages
      self.tickets += tickets
    }

    mutating func forget(_ group: GroupID) {
      messages.removeAll { $0.part.group == group }
      tickets.removeAll { $0.group == group }
    }
  }

  private(set) var write: JournalWrite?
  private var inFlight = Held()
  private var next = Held()

  mutating func hold(
    _ messages: [ReplicaOutput.Outgoing], _ tickets: [(group: GroupID, ticket: SyncTicket)], journal: Journal
  ) {
    if write != nil && !journal.hasPending {
      inFlight.add(messages, tickets)
    } else {
      next.add(messages, tickets)
    }
  }

  /// The group's log was emptied just now: that is durable with the write that is taken next.
  mutating func holdEmptied(_ group: GroupID) { next.emptied.append(group) }

  /// A replica that is lost neither sends what it held back nor hears of a sync.
  mutating func forget(_ group: GroupID) {
    inFlight.forget(group)
    next.forget(group)
  }

  /// Takes the journal's next write unless one is in flight.
  mutating func takeWrite(journal: Journal) throws -> JournalWrite? {
    guard write == nil, let taken = try journal.takeWrite() else { return nil }
    write = taken
    inFlight = next
    next = Held()
    return taken
  }

  /// What nothing has to be waited for.
  mutating func takeUnheld(journal: Journal) -> Held {
    guard write == nil, !journal.hasPending else { return Held() }
    defer { next = Held() }
    return next
  }

  /// The write in flight is on disk.
  mutating func completed(journal: Journal) throws -> Held {
    guard let write else { fatalError("A write completed that was not taken.") }
    try journal.completed(write)
    self.write = nil
    defer { inFlight = Held() }
    return inFlight
  }
}
