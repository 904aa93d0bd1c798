internal import CSQLite
internal import Environment

/// SQLite's view of a ``StoreVFS``: C functions that find the object and call it. Version 1 of `sqlite3_vfs`
/// (sqlite.org/c3ref/vfs.html). Time stands still at the start of the Julian calendar: the store asks for none.
func makeSQLiteVFS(name: UnsafePointer<CChar>) -> sqlite3_vfs {
  var vfs = sqlite3_vfs()
  vfs.iVersion = 1
  vfs.szOsFile = Int32(MemoryLayout<gantry_sqlite_file>.size)
  vfs.mxPathname = 4096
  vfs.zName = name
  vfs.xOpen = { vfs, name, file, flags, outFlags in
    guard let file, let name else { return SQLITE_CANTOPEN }
    // Without methods SQLite does not close a file that failed to open.
    file.pointee.pMethods = nil
    guard case .success(let opened) = system(vfs).open(name, flags: flags) else { return SQLITE_CANTOPEN }
    outFlags?.pointee = flags
    file.withMemoryRebound(to: gantry_sqlite_file.self, capacity: 1) {
      $0.pointee.context = Unmanaged.passRetained(opened).toOpaque()
    }
    file.pointee.pMethods = UnsafePointer(fileMethods)
    return SQLITE_OK
  }
  vfs.xDelete = { vfs, name, sync in
    guard let name else { return SQLITE_IOERR }
    return system(vfs).delete(String(cString: name), syncDirectory: sync != 0)
  }
  vfs.xAccess = { vfs, name, _, result in
    guard let name, let result else { return SQLITE_MISUSE }
    do throws(DiskError) {
      result.pointee = try system(vfs).disk.exists(String(cString: name)) ? 1 : 0
      return SQLITE_OK
    } catch {
      return GANTRY_IOERR_ACCESS
    }
  }
  vfs.xFullPathname = { _, name, capacity, result in
    guard let name, let result, strlen(name) < Int(capacity) else { return SQLITE_CANTOPEN }
    strcpy(result, name)
    return SQLITE_OK
  }
  vfs.xRandomness = { vfs, count, bytes in
    system(vfs).randomBytes(into: UnsafeMutableRawBufferPointer(start: bytes, count: Int(count)))
    return count
  }
  // Called only while another thread holds a lock for a moment; SQLite's own file system knows how to wait.
  vfs.xSleep = { _, microseconds in
    guard let standard = sqlite3_vfs_find(nil) else { return 0 }
    return standard.pointee.xSleep(standard, microseconds)
  }
  vfs.xCurrentTime = { _, result in
    result?.pointee = 0
    return SQLITE_OK
  }
  vfs.xGetLastError = { _, _, _ in 0 }
  return vfs
}

/// Immutable once made.
nonisolated(unsafe) private let fileMethods: UnsafeMutablePointer<sqlite3_io_methods> = {
  let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
  methods.initialize(to: makeFileMethods())
  return methods
}()

private func system(_ vfs: UnsafeMutablePointer<sqlite3_vfs>?) -> StoreVFS {
  guard let data = vfs?.pointee.pAppData else { fatalError("SQLite calls a file system without an object.") }
  return Unmanaged<StoreVFS>.fromOpaque(data).takeUnretainedValue()
}

@inline(__always) private func storeFile(_ file: UnsafeMutablePointer<sqlite3_file>?) -> StoreFile {
  guard let file else { fatalError("SQLite names no file.") }
  let context = UnsafeRawPointer(file).assumingMemoryBound(to: gantry_sqlite_file.self).pointee.context
  guard let context else { fatalError("SQLite calls a file without an object.") }
  return Unmanaged<StoreFile>.fromOpaque(context).takeUnretainedValue()
}

private func makeFileMethods() -> sqlite3_io_methods {
  var methods = sqlite3_io_methods()
  methods.iVersion = 2
  addContentMethods(&methods)
  addLockMethods(&methods)
  addSharedMemoryMethods(&methods)
  methods.xFileControl = { _, _, _ in SQLITE_NOTFOUND }
  methods.xSectorSize = { file in Int32(storeFile(file).vfs.seal.pageBytes) }
  // A write that power cuts short leaves the bytes beside it alone: the log is appended to in the middle of sectors.
  methods.xDeviceCharacteristics = { _ in SQLITE_IOCAP_POWERSAFE_OVERWRITE }
  return methods
}

private func addContentMethods(_ methods: inout sqlite3_io_methods) {
  methods.xClose = { file in
    let object = storeFile(file)
    object.close()
    Unmanaged.passUnretained(object).release()
    return SQLITE_OK
  }
  methods.xRead = { file, bytes, count, offset in
    storeFile(file).read(UnsafeMutableRawBufferPointer(start: bytes, count: Int(count)), at: UInt64(offset))
  }
  methods.xWrite = { file, bytes, count, offset in
    storeFile(file).write(UnsafeRawBufferPointer(start: bytes, count: Int(count)), at: UInt64(offset))
  }
  methods.xTruncate = { file, size in storeFile(file).truncate(to: UInt64(size)) }
  methods.xSync = { file, _ in storeFile(file).sync() }
  methods.xFileSize = { file, size in
    guard let size else { return SQLITE_MISUSE }
    var bytes: Int64 = 0
    let code = storeFile(file).size(&bytes)
    size.pointee = bytes
    return code
  }
}

private func addLockMethods(_ methods: inout sqlite3_io_methods) {
  methods.xLock = { file, level in
    let object = storeFile(file)
    return object.vfs.lock.raise(object.locks, to: level) ? SQLITE_OK : SQLITE_BUSY
  }
  methods.xUnlock = { file, level in
    let object = storeFile(file)
    object.vfs.lock.lower(object.locks, to: level)
    return SQLITE_OK
  }
  methods.xCheckReservedLock = { file, result in
    result?.pointee = storeFile(file).vfs.lock.isReserved ? 1 : 0
    return SQLITE_OK
  }
}

private func addSharedMemoryMethods(_ methods: inout sqlite3_io_methods) {
  methods.xShmMap = { file, index, bytes, extend, result in
    result?.pointee = storeFile(file).vfs.memory.region(Int(index), bytes: Int(bytes), extend: extend != 0)
    return SQLITE_OK
  }
  methods.xShmLock = { file, first, count, flags in
    let object = storeFile(file)
    let done = object.vfs.memory.change(object.locks, first: Int(first), count: Int(count), flags: flags)
    return done ? SQLITE_OK : SQLITE_BUSY
  }
  methods.xShmBarrier = { file in storeFile(file).vfs.memory.barrier() }
  // The index stays for the other connections and goes with the store.
  methods.xShmUnmap = { file, _ in
    let object = storeFile(file)
    object.vfs.memory.releaseAll(object.locks)
    return SQLITE_OK
  }
}
