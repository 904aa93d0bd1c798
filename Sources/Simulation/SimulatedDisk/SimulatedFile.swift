internal import Environment

/// An open file of a ``SimulatedDisk``; dead after the crash or kill of the process that opened it.
final class SimulatedFile: File {
  private let disk: SimulatedDisk
  private let stored: StoredFile
  private let path: String
  private let lifetime: Int
  private let holdsLock: Bool
  private var isClosed = false

  init(disk: SimulatedDisk, stored: StoredFile, path: String, lifetime: Int, holdsLock: Bool = false) {
    self.disk = disk
    self.stored = stored
    self.path = path
    self.lifetime = lifetime
    self.holdsLock = holdsLock
  }

  deinit { close() }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskError) -> Int {
    try begin(.read(path: path, offset: offset, count: buffer.count))
    guard offset < UInt64(stored.current.count) else { return 0 }
    let start = Int(offset)
    let count = min(buffer.count, stored.current.count - start)
    stored.current.withUnsafeBytes { content in
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: content[start..<start + count]))
    }
    disk.spoil(buffer, count: count, of: stored, at: start)
    return count
  }

  func write(_ buffer: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskError) {
    try begin(.write(path: path, offset: offset, count: buffer.count))
    if let error = disk.takeShortWrite() {
      let end = (Int(offset) + buffer.count / 2) / StoredFile.sectorBytes * StoredFile.sectorBytes
      stored.write(UnsafeRawBufferPointer(rebasing: buffer.prefix(max(0, end - Int(offset)))), at: Int(offset))
      throw error
    }
    try disk.reserve(stored, size: Int(offset) + buffer.count, path)
    if disk.loses(buffer.count, of: stored, at: Int(offset), path) { return }
    stored.write(buffer, at: Int(offset))
  }

  func sync() throws(DiskError) {
    do {
      try begin(.sync(path: path))
    } catch {
      if isUsable && !disk.isStopped { stored.failSync() }
      throw error
    }
    stored.sync()
  }

  func size() throws(DiskError) -> UInt64 {
    try begin(.size(path: path))
    return UInt64(stored.current.count)
  }

  func truncate(to size: UInt64) throws(DiskError) {
    try begin(.truncate(path: path, size: size))
    try disk.reserve(stored, size: Int(size), path)
    stored.truncate(to: Int(size))
  }

  func close() {
    if holdsLock && isUsable { stored.isLocked = false }
    isClosed = true
  }

  private var isUsable: Bool { !isClosed && lifetime == disk.lifetime }

  private func begin(_ operation: DiskOperation) throws(DiskError) {
    guard isUsable else { throw DiskError(.inputOutput, "\(path): used after it was closed or its process died") }
    try disk.begin(operation)
  }
}
