internal import CSQLite

/// SQLite's lock of the database file among the connections of one process (sqlite.org/lockingv3.html).
///
/// While the log is in use every connection merely holds it shared; it decides only while a file is being made.
final class FileLock: Sendable {
  private struct State {
    var shared = 0
    /// One connection holds it reserved or higher.
    var isReserved = false
    var isExclusive = false
  }

  private let state = Guarded(State())

  /// False where another connection is in the way.
  func raise(_ held: HeldLocks, to level: Int32) -> Bool {
    let current = held.level
    if current >= level { return true }
    let reached = state.withLock { state -> Int32 in
      if level == SQLITE_LOCK_SHARED {
        guard !state.isExclusive else { return current }
        state.shared += 1
        return level
      }
      guard current >= SQLITE_LOCK_RESERVED || !state.isReserved else { return current }
      state.isReserved = true
      if level == SQLITE_LOCK_RESERVED { return level }
      guard state.shared == 1 else { return SQLITE_LOCK_RESERVED }
      state.isExclusive = true
      return SQLITE_LOCK_EXCLUSIVE
    }
    held.level = reached
    return reached >= level
  }

  func lower(_ held: HeldLocks, to level: Int32) {
    let current = held.level
    if current <= level { return }
    state.withLock { state in
      if current >= SQLITE_LOCK_RESERVED { state.isReserved = false }
      if current == SQLITE_LOCK_EXCLUSIVE { state.isExclusive = false }
      if level == SQLITE_LOCK_NONE { state.shared -= 1 }
    }
    held.level = level
  }

  var isReserved: Bool { state.withLock { $0.isReserved } }
}
