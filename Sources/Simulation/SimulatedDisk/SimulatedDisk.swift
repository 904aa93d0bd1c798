public import Environment

/// The files of one simulated machine, in memory, with the durability that a real disk has and no more.
///
/// Content is durable after the file's `sync`, a name after its directory's; a power cut (``crash(_:)``) keeps any part
/// of the rest: each unsynced write wholly, not at all, or by 512-byte sectors. Directories are durable at once, as
/// `RealDisk` makes them. Belongs to one thread.
public final class SimulatedDisk: Disk {
  public private(set) var counters = DiskCounters()
  /// Most bytes that the files may hold together; nil: no limit. Seen where a write extends a file.
  public var bytesLimit: UInt64?
  /// Called before every operation; what it throws the operation throws, without effect.
  public var beforeOperation: ((DiskOperation) throws(DiskError) -> Void)?
  /// Whether the machine stands still after ``stop(afterChanges:)``: every operation fails until ``crash(_:)`` or
  /// ``kill()``.
  public private(set) var isStopped = false

  /// What goes wrong by chance, if anything. Outlives crashes.
  public var hazard: DiskHazard?

  private var names = Names()
  private var scars: [Scar] = []
  private var directories: Set<String> = ["/", "."]
  private var failures: [Int: DiskError] = [:]
  private var faults: [Int: DiskFault] = [:]
  private var shortWrite: DiskError?
  private var changesUntilStop: Int?
  private var changesFromRename: Int?
  private(set) var lifetime = 0

  public init() {}

  // MARK: Faults

  /// Makes the operation with this number (`counters.operations` counts from 1) fail without effect.
  public func failOperation(_ number: Int, with error: DiskError) { failures[number] = error }

  /// Makes the operation with this number go wrong in the given way, where that can happen to it.
  public func failOperation(_ number: Int, with fault: DiskFault) { faults[number] = fault }

  /// Lets `count` more changing operations happen; the next one and everything after it fails, as when power goes.
  public func stop(afterChanges count: Int) { changesUntilStop = count }

  /// The next time that a name changes, `count` changes happen, that one the first, and then everything stops.
  public func stop(afterChanges count: Int, fromRename: Bool) {
    if fromRename { changesFromRename = count } else { changesUntilStop = count }
  }

  /// Takes back what would stop the machine and has not yet.
  public func forgetStop() {
    changesUntilStop = nil
    changesFromRename = nil
  }

  /// A power cut: what was not synced is kept, torn or lost; open files and locks are gone.
  public func crash(_ random: inout SeededRandom) {
    // In the order of the names, so that a seed means the same in every run.
    let files = uniqueFiles()
    names.crash(keeping: Int(random.below(UInt64(names.unsyncedCount) + 1)))
    for file in files { file.crash(&random) }
    restart()
  }

  /// The process dies, the machine lives: everything written stays readable, and what was not synced stays unsynced.
  public func kill() {
    for file in uniqueFiles() { file.isLocked = false }
    restart()
  }

  /// Flips a bit (0 is the lowest) of a stored byte, in the cache and on the medium.
  public func flipBit(_ bit: Int, of path: String, at offset: Int) {
    guard let file = names.current[normal(path)] else { fatalError("A bit of a missing file cannot flip: \(path).") }
    file.flipBit(bit, at: offset)
    if offset < file.current.count { scars.append(Scar(file: file, offset: offset, bytes: [file.current[offset]])) }
  }

  /// Whether a flipped bit or a lost write has been neither written over nor removed with its file.
  public var isScarred: Bool {
    let files = Set(uniqueFiles().map { ObjectIdentifier($0) })
    return scars.contains { files.contains(ObjectIdentifier($0.file)) && $0.isThere }
  }

  /// Cuts a file at rest, in the cache and on the medium; a shorter one stays as it is.
  public func cut(_ path: String, to size: Int) {
    guard let file = names.current[normal(path)] else { fatalError("A missing file cannot be cut: \(path).") }
    file.cut(to: size)
  }

  /// The content that a process sees, without counting as an operation.
  public func content(_ path: String) -> [UInt8]? { names.current[normal(path)]?.current }

  /// Every file's path, sorted bytewise.
  public var paths: [String] { sorted(Array(names.current.keys)) }

  public var bytesUsed: UInt64 { names.current.values.reduce(0) { $0 + UInt64($1.current.count) } }

  /// Whether a sync failed since the last power cut: what it covered may be gone with the next one.
  public var isDoubtful: Bool { uniqueFiles().contains { $0.isDoubtful } }

  /// Another machine with the same files, synced and unsynced, no open files and no injected faults.
  public func copy() -> SimulatedDisk {
    let other = SimulatedDisk()
    other.names = names.copy()
    other.directories = directories
    other.bytesLimit = bytesLimit
    return other
  }

  // MARK: Disk

  public func open(_ path: String, create: Bool) throws(DiskError) -> any File {
    let path = normal(path)
    try begin(.open(path: path, create: create && names.current[path] == nil))
    return SimulatedFile(disk: self, stored: try find(path, create: create), path: path, lifetime: lifetime)
  }

  public func exists(_ path: String) throws(DiskError) -> Bool {
    let path = normal(path)
    try begin(.exists(path: path))
    return names.current[path] != nil || directories.contains(path)
  }

  /// Removes a file or an empty directory.
  public func remove(_ path: String) throws(DiskError) {
    let path = normal(path)
    try begin(.remove(path: path))
    if names.current[path] != nil {
      names.remove(path)
    } else if directories.contains(path) {
      guard children(of: path).isEmpty else { throw DiskError(.inputOutput, "remove \(path): Directory not empty") }
      directories.remove(path)
    } else {
      throw missing("remove", path)
    }
  }

  public func rename(_ from: String, to: String) throws(DiskError) {
    let from = normal(from)
    let to = normal(to)
    try begin(.rename(from: from, to: to))
    guard names.current[from] != nil, directories.contains(parentPath(to)) else { throw missing("rename", from) }
    names.rename(from, to: to)
  }

  public func list(_ directory: String) throws(DiskError) -> [String] {
    let directory = normal(directory)
    try begin(.list(path: directory))
    guard directories.contains(directory) else { throw missing("opendir", directory) }
    return children(of: directory)
  }

  public func createDirectory(_ path: String) throws(DiskError) {
    var path = normal(path)
    try begin(.createDirectory(path: path))
    while directories.insert(path).inserted { path = parentPath(path) }
  }

  public func syncDirectory(_ path: String) throws(DiskError) {
    let path = normal(path)
    try begin(.syncDirectory(path: path))
    guard directories.contains(path) else { throw missing("fsync", path) }
    names.sync(directory: path)
  }

  public func lock(_ path: String) throws(DiskError) -> any File {
    let path = normal(path)
    try begin(.lock(path: path))
    let stored = try find(path, create: true)
    guard !stored.isLocked else { throw DiskError(.locked, "flock \(path): Resource temporarily unavailable") }
    stored.isLocked = true
    return SimulatedFile(disk: self, stored: stored, path: path, lifetime: lifetime, holdsLock: true)
  }

  // MARK: Inside

  func begin(_ operation: DiskOperation) throws(DiskError) {
    counters.operations += 1
    counters.count(operation)
    if changesFromRename != nil, case .rename = operation {
      changesUntilStop = changesFromRename
      changesFromRename = nil
    }
    if operation.isChange, let left = changesUntilStop {
      if left == 0 { isStopped = true } else { changesUntilStop = left - 1 }
    }
    guard !isStopped else { throw DiskError(.inputOutput, "the machine stopped") }
    if let error = failures.removeValue(forKey: counters.operations) { throw error }
    if let beforeOperation { try beforeOperation(operation) }
    if hazard != nil, hazard?.strikes(.errors) == true { throw DiskFault.inputOutput.error(operation) }
    guard let fault = faults.removeValue(forKey: counters.operations), fault.concerns(operation) else { return }
    counters.faults += 1
    if fault.isShortWrite { shortWrite = fault.error(operation) } else { throw fault.error(operation) }
  }

  /// Why the write that just began is to end half-way; nil for all others.
  func takeShortWrite() -> DiskError? {
    defer { shortWrite = nil }
    return shortWrite
  }

  /// Spoils what a read of `count` bytes found, where chance will have it.
  func spoil(_ buffer: UnsafeMutableRawBufferPointer, count: Int, of file: StoredFile, at offset: Int) {
    guard hazard != nil, count > 0 else { return }
    if hazard?.strikes(.corruptReads) == true, let place = hazard?.draw(below: count * 8) {
      buffer[place / 8] ^= 1 << UInt8(place % 8)
      counters.faults += 1
    }
    let blocks = file.current.count / count
    if blocks > 1, hazard?.strikes(.misdirectedReads) == true, let block = hazard?.draw(below: blocks) {
      file.current.withUnsafeBytes { content in
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: content[block * count..<(block + 1) * count]))
      }
      if block * count != offset { counters.faults += 1 }
    }
  }

  /// Whether the write is lost; the file has then grown as if it had not been.
  func loses(_ count: Int, of file: StoredFile, at offset: Int, _ path: String) -> Bool {
    guard hazard?.kind == .lostWrites, count > 0 else { return false }
    let end = offset + count
    let old = offset < file.current.count ? file.current[offset..<min(end, file.current.count)] : []
    guard hazard?.mayLose(path, old.allSatisfy { $0 == 0 }) == true, hazard?.strikes(.lostWrites) == true else {
      return false
    }
    if file.current.count < end { file.truncate(to: end) }
    scars.append(Scar(file: file, offset: offset, bytes: Array(file.current[offset..<end])))
    counters.faults += 1
    return true
  }

  /// Fails where growing `file` to `size` bytes would exceed the limit.
  func reserve(_ file: StoredFile, size: Int, _ path: String) throws(DiskError) {
    guard let bytesLimit, size > file.current.count else { return }
    if bytesUsed + UInt64(size - file.current.count) > bytesLimit {
      throw DiskError(.noSpace, "write \(path): No space left on device")
    }
  }

  private func restart() {
    lifetime += 1
    isStopped = false
    forgetStop()
    failures = [:]
    faults = [:]
  }

  private func find(_ path: String, create: Bool) throws(DiskError) -> StoredFile {
    if let file = names.current[path] { return file }
    guard create, directories.contains(parentPath(path)), !directories.contains(path) else {
      throw missing("open", path)
    }
    return names.create(path)
  }

  private func children(of directory: String) -> [String] {
    let paths = Array(names.current.keys) + directories.filter { $0 != "/" && $0 != "." && $0 != directory }
    return sorted(paths.filter { parentPath($0) == directory }.map { String($0[nameStart($0)...]) })
  }

  private func nameStart(_ path: String) -> String.Index {
    path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path.index(after: $0) } ?? path.startIndex
  }

  /// Every file that has a name now or may have one after a power cut.
  private func uniqueFiles() -> [StoredFile] {
    var seen: Set<ObjectIdentifier> = []
    let files = paths.map { names.current[$0]! } + sorted(Array(names.durable.keys)).map { names.durable[$0]! }
    return files.filter { seen.insert(ObjectIdentifier($0)).inserted }
  }

  private func sorted(_ paths: [String]) -> [String] {
    paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private func normal(_ path: String) -> String {
    path.utf8.count > 1 && path.utf8.last == UInt8(ascii: "/") ? String(path.dropLast()) : path
  }

  private func missing(_ call: String, _ path: String) -> DiskError {
    DiskError(.notFound, "\(call) \(path): No such file or directory")
  }
}
