internal import CSQLite
internal import Environment
internal import Synchronization

/// SQLite's file system for one store: its files on `disk`, with checksums, and what its connections share.
///
/// Each store registers one of its own under a unique name, which is how a connection finds its disk; it lives until
/// the last connection has gone. Used by every thread that has a connection: what changes is atomic or under `state`.
final class StoreVFS {
  let name: String
  let disk: any Disk
  let directory: String
  let seal: PageSeal
  let logSums: LogSums
  let memory = SharedMemory()
  let lock = FileLock()

  private struct State {
    var random: SeededRandom
    /// Addresses of ``Faults``, which their connections keep alive.
    var opening: UInt = 0
    /// By the address of the database's name, which SQLite keeps for as long as the connection lives.
    var faults: [UInt: UInt] = [:]
  }

  private let state: Guarded<State>
  private let currentStamp = Atomic<UInt32>(0)
  /// While a store opens, the highest stamp seen; afterwards unused.
  private let highestStamp = Atomic<UInt32>(0)
  private let isOpening = Atomic<Bool>(true)
  private let registration: UnsafeMutablePointer<sqlite3_vfs>
  private let cName: UnsafeMutablePointer<CChar>

  private static let serial = Atomic<UInt64>(0)
  private static let configured: Int32 = gantry_sqlite_configure()

  init(_ files: StoreFiles, disk: any Disk, directory: String, seed: UInt64) {
    _ = Self.configured
    self.disk = disk
    self.directory = directory
    name = "gantry-\(Self.serial.add(1, ordering: .relaxed).newValue)"
    seal = PageSeal(identity: files.identity, pageBytes: files.pageBytes)
    logSums = LogSums(pageBytes: files.pageBytes)
    state = Guarded(State(random: SeededRandom(seed: seed &+ files.generation)))
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: name.utf8.count + 1)
    name.utf8CString.withUnsafeBufferPointer { copy.initialize(from: $0.baseAddress!, count: $0.count) }
    cName = copy
    registration = .allocate(capacity: 1)
    registration.initialize(to: makeSQLiteVFS(name: cName))
    registration.pointee.pAppData = Unmanaged.passUnretained(self).toOpaque()
    guard sqlite3_vfs_register(registration, 0) == SQLITE_OK else {
      fatalError("SQLite refused to register a file system.")
    }
  }

  deinit {
    sqlite3_vfs_unregister(registration)
    registration.deallocate()
    cName.deallocate()
  }

  // MARK: Stamps

  /// Commits that the store has made: written into pages, and the limit of what a page may claim.
  var stamp: UInt32 { currentStamp.load(ordering: .acquiring) }

  func committed(stamp: UInt32) { currentStamp.store(stamp, ordering: .releasing) }

  func accepts(stamp: UInt32) -> Bool {
    if isOpening.load(ordering: .acquiring) {
      highestStamp.max(stamp, ordering: .relaxed)
      return true
    }
    return stamp <= self.stamp
  }

  /// Ends the time in which the number of commits is not known yet; false where a page was ahead of it.
  func opened(stamp: UInt32) -> Bool {
    committed(stamp: stamp)
    isOpening.store(false, ordering: .releasing)
    return highestStamp.load(ordering: .relaxed) <= stamp
  }

  // MARK: Files

  /// Runs `body`, which opens a connection; its files report to `faults`.
  func whileOpening(_ faults: Faults, _ body: () -> Int32) -> Int32 {
    let address = Self.address(faults)
    state.withLock { $0.opening = address }
    defer { state.withLock { $0.opening = 0 } }
    return body()
  }

  func open(_ name: UnsafePointer<CChar>, flags: Int32) -> Result<StoreFile, DiskError> {
    let path = String(cString: name)
    let role: StoreFile.Role =
      flags & SQLITE_OPEN_MAIN_DB != 0 ? .database : flags & SQLITE_OPEN_WAL != 0 ? .log : .journal
    let faults = faults(of: name, role)
    do throws(DiskError) {
      let mayCreate = flags & SQLITE_OPEN_CREATE != 0
      let isNew = try mayCreate ? !disk.exists(path) : false
      let file = try disk.open(path, create: mayCreate)
      return .success(StoreFile(vfs: self, role: role, path: path, file: file, isNew: isNew, faults: faults))
    } catch {
      faults.record(error)
      return .failure(error)
    }
  }

  /// A database's name marks its connection; its log carries a name from which SQLite finds that one.
  private func faults(of name: UnsafePointer<CChar>, _ role: StoreFile.Role) -> Faults {
    let database = role == .database ? name : sqlite3_filename_database(name)
    let key = UInt(bitPattern: database)
    let found = state.withLock { state -> UInt in
      if role == .database { state.faults[key] = state.opening }
      return state.faults[key] ?? 0
    }
    guard let pointer = UnsafeRawPointer(bitPattern: found) else {
      fatalError("SQLite opened a file of no connection.")
    }
    return Unmanaged<Faults>.fromOpaque(pointer).takeUnretainedValue()
  }

  /// A name may be given to another connection once its own has gone.
  func closed(_ faults: Faults) {
    let gone = Self.address(faults)
    state.withLock { state in state.faults = state.faults.filter { $0.value != gone } }
  }

  private static func address(_ faults: Faults) -> UInt {
    UInt(bitPattern: Unmanaged.passUnretained(faults).toOpaque())
  }

  func delete(_ path: String, syncDirectory: Bool) -> Int32 {
    do throws(DiskError) {
      guard try disk.exists(path) else { return GANTRY_IOERR_DELETE_NOENT }
      try disk.remove(path)
    } catch {
      return GANTRY_IOERR_DELETE
    }
    guard syncDirectory else { return SQLITE_OK }
    do throws(DiskError) {
      try disk.syncDirectory(directory)
      return SQLITE_OK
    } catch {
      return GANTRY_IOERR_DIR_FSYNC
    }
  }

  func randomBytes(into buffer: UnsafeMutableRawBufferPointer) {
    for index in buffer.indices {
      buffer[index] = state.withLock { UInt8(truncatingIfNeeded: $0.random.next()) }
    }
  }
}
