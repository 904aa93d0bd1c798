internal import CSQLite

/// One SQLite connection. Belongs to one thread at a time.
///
/// A database has one connection that writes and checkpoints; the others only read: SQLite before 3.51.3 corrupts a
/// database whose log is reset by one connection while another commits.
final class Connection {
  enum Role { case writer, reader }

  let vfs: StoreVFS
  let handle: OpaquePointer
  let faults = Faults()

  init(_ vfs: StoreVFS, path: String, role: Role, cacheBytes: Int, logBytesKept: Int = 0) throws(StoreError) {
    self.vfs = vfs
    let access = role == .writer ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY
    // A connection has one user at a time, so SQLite's own lock around it would only cost.
    let flags = access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE
    var opened: OpaquePointer?
    let code = vfs.whileOpening(faults) { sqlite3_open_v2(path, &opened, flags, vfs.name) }
    guard let opened else { fatalError("SQLite has no memory for a connection.") }
    handle = opened
    if code != SQLITE_OK { throw error(code, "open the database") }
    if role == .writer { reserveBytes() }
    try execute(Pragmas.text(role, pageBytes: vfs.seal.pageBytes, cacheBytes: cacheBytes, logBytesKept: logBytesKept))
    guard gantry_sqlite_no_checkpoint_on_close(handle) == SQLITE_OK else {
      fatalError("SQLite refused to close without a checkpoint.")
    }
  }

  /// Statements must have gone before; no I/O but closing files happens.
  deinit {
    guard sqlite3_close(handle) == SQLITE_OK else { fatalError("A connection was closed under its statements.") }
    vfs.closed(faults)
  }

  /// Has an effect only on a database that is yet to be made.
  private func reserveBytes() {
    var bytes = Int32(PageSeal.reservedBytes)
    guard sqlite3_file_control(handle, "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes) == SQLITE_OK else {
      fatalError("SQLite refused to reserve bytes of each page.")
    }
  }

  /// Syncs the log, which this connection wrote, or the database, through the file that it has open.
  func sync(_ role: StoreFile.Role) throws(StoreError) {
    let which = role == .log ? SQLITE_FCNTL_JOURNAL_POINTER : SQLITE_FCNTL_FILE_POINTER
    var pointer: UnsafeMutablePointer<sqlite3_file>?
    let code = sqlite3_file_control(handle, "main", which, &pointer)
    guard code == SQLITE_OK, let pointer, let methods = pointer.pointee.pMethods else {
      fatalError("A connection that writes has its files open.")
    }
    let synced = methods.pointee.xSync(pointer, SQLITE_SYNC_NORMAL)
    if synced != SQLITE_OK { throw error(synced, "sync a file") }
  }

  /// After a failed sync nothing more is written or claimed: the pages count as clean and may be lost.
  func refuseAfterFailedSync() throws(StoreError) {
    if faults.hasSyncFailure { throw StoreError(.syncFailed, "a sync failed before") }
  }

  func execute(_ sql: String) throws(StoreError) {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    if code != SQLITE_OK { throw error(code, "run a statement of the store") }
  }

  var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

  /// What SQLite's code means, together with what the files below reported. A code that only wrong use brings traps.
  func error(_ code: Int32, _ action: String) -> StoreError {
    let (disk, page) = faults.take()
    let text = "could not \(action): \(String(cString: sqlite3_errstr(code)))"
    if faults.hasSyncFailure { return StoreError(.syncFailed, text, disk: disk) }
    if code == GANTRY_IOERR_DATA {
      return StoreError(.damaged(page: page), page.map { "\(text), page \($0) is damaged" } ?? text)
    }
    switch code & 0xFF {
    case SQLITE_CORRUPT, SQLITE_NOTADB: return StoreError(.damaged(page: nil), text)
    case SQLITE_FULL: return StoreError(.noSpace, text, disk: disk)
    case SQLITE_CANTOPEN: return disk.map { StoreError($0, text) } ?? StoreError(.inputOutput, text)
    case SQLITE_IOERR, SQLITE_BUSY, SQLITE_PROTOCOL: return StoreError(.inputOutput, text, disk: disk)
    default: fatalError("SQLite \(text): \(String(cString: sqlite3_errmsg(handle))).")
    }
  }
}
