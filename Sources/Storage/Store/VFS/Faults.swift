internal import Environment

/// What went wrong below one connection since it was last asked: SQLite passes on only a code.
///
/// Belongs to the thread that uses the connection.
final class Faults {
  private var disk: DiskError?
  private var damagedPage: UInt32?
  private var isSyncFailure = false

  func record(_ error: DiskError) { disk = error }

  func recordSync(_ error: DiskError) {
    disk = error
    isSyncFailure = true
  }

  func recordDamage(page: UInt32?) { damagedPage = page }

  var hasSyncFailure: Bool { isSyncFailure }

  /// Returns what was recorded and starts again.
  func take() -> (disk: DiskError?, damagedPage: UInt32?) {
    defer {
      disk = nil
      damagedPage = nil
    }
    return (disk, damagedPage)
  }
}
