internal import CSQLite
internal import Environment

/// One file that SQLite opened: the database with its page checksums, its log, or the journal with which SQLite makes
/// a new database. Belongs to the thread that uses its connection. Methods return SQLite's codes.
final class StoreFile {
  enum Role { case database, log, journal }

  let vfs: StoreVFS
  let role: Role
  let faults: Faults
  let locks = HeldLocks()
  private let path: String
  private let file: any File
  /// The file is new: its name must be durable before its content counts as such.
  private var directoryUnsynced: Bool
  /// One page: SQLite's own buffers are not ours to change.
  private let scratch: UnsafeMutableRawBufferPointer

  init(vfs: StoreVFS, role: Role, path: String, file: any File, isNew: Bool, faults: Faults) {
    self.vfs = vfs
    self.role = role
    self.path = path
    self.file = file
    self.faults = faults
    directoryUnsynced = isNew
    let bytes = role == .database ? vfs.seal.pageBytes : 0
    scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 16)
  }

  deinit { scratch.deallocate() }

  func close() {
    vfs.memory.releaseAll(locks)
    vfs.lock.lower(locks, to: SQLITE_LOCK_NONE)
    file.close()
  }

  // MARK: Reads

  func read(_ buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) -> Int32 {
    switch role {
    case .database: readDatabase(buffer, at: offset)
    case .log: readLog(buffer, at: offset)
    case .journal: fill(buffer, at: offset).code
    }
  }

  private func readDatabase(_ buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) -> Int32 {
    let pageBytes = UInt64(vfs.seal.pageBytes)
    let number = UInt32(offset / pageBytes) + 1
    if buffer.count == vfs.seal.pageBytes && offset % pageBytes == 0 { return readPage(buffer, number) }
    // The header alone, read when a connection opens.
    let start = Int(offset % pageBytes)
    guard start + buffer.count <= vfs.seal.pageBytes else { return refuse("a database read crosses pages") }
    let code = readPage(scratch, number)
    if code == GANTRY_IOERR_DATA && number == 1 && start + buffer.count <= 100 {
      _ = faults.take()
      vfs.seal.header(into: buffer, offset: start)
      return SQLITE_OK
    }
    buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: scratch[start..<start + buffer.count]))
    return code
  }

  /// Fills `page` and checks it. Only an empty file may end before a page that SQLite asks for: SQLite would take the
  /// missing bytes for zeros.
  private func readPage(_ page: UnsafeMutableRawBufferPointer, _ number: UInt32) -> Int32 {
    let (code, got) = fill(page, at: UInt64(number - 1) * UInt64(vfs.seal.pageBytes))
    if code != SQLITE_OK && code != GANTRY_IOERR_SHORT_READ { return code }
    if got == 0 && number == 1 { return code }
    guard got == page.count, let base = page.baseAddress,
      let stamp = vfs.seal.stamp(of: UnsafeRawBufferPointer(start: base, count: got), number: number),
      vfs.accepts(stamp: stamp)
    else { return damaged(page: number) }
    return SQLITE_OK
  }

  private func readLog(_ buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) -> Int32 {
    let (code, _) = fill(buffer, at: offset)
    if code != SQLITE_OK { return code }
    let bytes = UnsafeRawBufferPointer(buffer)
    switch vfs.logSums.extent(offset: offset, count: buffer.count) {
    case .header: return SQLITE_OK
    case .page(let frame): return vfs.logSums.agrees(bytes, frame: frame) ? SQLITE_OK : damaged(page: nil)
    case .frame(let frame):
      return vfs.logSums.agreesOrLearns(frame: bytes, frame: frame) ? SQLITE_OK : damaged(page: nil)
    case nil: return refuse("a log read of an unknown shape")
    }
  }

  /// Reads what there is; the rest becomes zero, as SQLite wants it after a short read.
  private func fill(_ buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) -> (code: Int32, got: Int) {
    do throws(DiskError) {
      let got = try file.read(into: buffer, at: offset)
      if got == buffer.count { return (SQLITE_OK, got) }
      UnsafeMutableRawBufferPointer(rebasing: buffer[got...]).initializeMemory(as: UInt8.self, repeating: 0)
      return (GANTRY_IOERR_SHORT_READ, got)
    } catch {
      return (failed(error, GANTRY_IOERR_READ), 0)
    }
  }

  // MARK: Writes

  func write(_ buffer: UnsafeRawBufferPointer, at offset: UInt64) -> Int32 {
    switch role {
    case .database: writeDatabase(buffer, at: offset)
    case .log: writeLog(buffer, at: offset)
    case .journal: put(buffer, at: offset)
    }
  }

  private func writeDatabase(_ buffer: UnsafeRawBufferPointer, at offset: UInt64) -> Int32 {
    let pageBytes = vfs.seal.pageBytes
    guard buffer.count == pageBytes && offset % UInt64(pageBytes) == 0
    else { return refuse("a database write that is no page") }
    scratch.copyMemory(from: buffer)
    vfs.seal.seal(scratch, number: UInt32(offset / UInt64(pageBytes)) + 1, stamp: vfs.stamp)
    return put(UnsafeRawBufferPointer(scratch), at: offset)
  }

  private func writeLog(_ buffer: UnsafeRawBufferPointer, at offset: UInt64) -> Int32 {
    switch vfs.logSums.extent(offset: offset, count: buffer.count) {
    case .header: return put(buffer, at: offset)
    case .page(let frame):
      let code = put(buffer, at: offset)
      if code == SQLITE_OK { vfs.logSums.written(buffer, frame: frame) } else { vfs.logSums.forget(frame: frame) }
      return code
    case .frame, nil: return refuse("a log write of an unknown shape")
    }
  }

  private func put(_ buffer: UnsafeRawBufferPointer, at offset: UInt64) -> Int32 {
    attempt(GANTRY_IOERR_WRITE) { () throws(DiskError) in try file.write(buffer, at: offset) }
  }

  func sync() -> Int32 {
    do throws(DiskError) {
      try file.sync()
      if directoryUnsynced {
        try vfs.disk.syncDirectory(vfs.directory)
        directoryUnsynced = false
      }
      return SQLITE_OK
    } catch {
      faults.recordSync(error)
      return GANTRY_IOERR_FSYNC
    }
  }

  func truncate(to size: UInt64) -> Int32 {
    let code = attempt(GANTRY_IOERR_TRUNCATE) { () throws(DiskError) in try file.truncate(to: size) }
    if code == SQLITE_OK && role == .log { vfs.logSums.truncated(to: size) }
    return code
  }

  func size(_ result: inout Int64) -> Int32 {
    attempt(GANTRY_IOERR_FSTAT) { () throws(DiskError) in result = Int64(try file.size()) }
  }

  // MARK: Faults

  private func attempt(_ code: Int32, _ body: () throws(DiskError) -> Void) -> Int32 {
    do throws(DiskError) {
      try body()
      return SQLITE_OK
    } catch {
      return failed(error, code)
    }
  }

  private func failed(_ error: DiskError, _ code: Int32) -> Int32 {
    faults.record(error)
    return error.isNoSpace ? SQLITE_FULL : code
  }

  private func damaged(page: UInt32?) -> Int32 {
    Probes.hit(.pageIsFoundDamaged)
    faults.recordDamage(page: page)
    return GANTRY_IOERR_DATA
  }

  /// SQLite did what it is not known to do; nothing is read or written unchecked.
  private func refuse(_ what: String) -> Int32 {
    faults.record(DiskError(.inputOutput, "\(path): \(what)"))
    return SQLITE_IOERR
  }
}
