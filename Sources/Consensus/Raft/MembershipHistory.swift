/// The memberships of the log since compaction, so that one that was appended can be rolled back.
struct MembershipHistory: Sendable {
  /// (index from which it is in effect, membership), ascending, never empty.
  private var changes: [(index: LogIndex, membership: Membership)]

  init(_ recovered: Recovered) {
    changes = [(recovered.applied, recovered.membership)]
    for entry in recovered.entries where entry.index > recovered.applied { append(entry) }
  }

  var current: Membership { changes[changes.count - 1].membership }

  /// The membership before `current`, as far as the log still tells.
  var previous: Membership { changes[max(changes.count - 2, 0)].membership }

  /// The index of the entry that brought `current`.
  var currentIndex: LogIndex { changes[changes.count - 1].index }

  func at(_ index: LogIndex) -> Membership {
    guard let change = changes.last(where: { $0.index <= index }) else {
      fatalError("A membership older than the log was asked for.")
    }
    return change.membership
  }

  /// Takes the membership from an entry that is one; returns whether it was.
  @discardableResult
  mutating func append(_ entry: Entry) -> Bool {
    guard entry.kind == .membership else { return false }
    guard let membership = try? Membership(payload: entry.payload) else {
      fatalError("A membership entry of the log cannot be read.")
    }
    changes.append((entry.index, membership))
    return true
  }

  /// Returns whether a membership was rolled back.
  mutating func truncate(from index: LogIndex) -> Bool {
    let before = changes.count
    while changes.count > 1, changes[changes.count - 1].index >= index { changes.removeLast() }
    return changes.count != before
  }

  mutating func compact(through index: LogIndex) {
    while changes.count > 1, changes[1].index <= index { changes.removeFirst() }
  }

  /// A snapshot at `index` says that `membership` is in effect there; what the kept log adds to it stays.
  mutating func installSnapshot(_ index: LogIndex, _ membership: Membership, keepsLog: Bool) {
    let later = keepsLog ? changes.filter { $0.index > index } : []
    changes = [(index, membership)] + later
  }
}
