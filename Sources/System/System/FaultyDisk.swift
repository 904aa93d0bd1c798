public import Environment
internal import Glibc

/// The files of this machine, full or slow on request. Without faults every call goes straight through.
public final class FaultyDisk: Disk, Sendable {
  private let disk = RealDisk()
  private let faults: DiskFaults

  public init(_ faults: DiskFaults) { self.faults = faults }

  public func open(_ path: String, create: Bool) throws(DiskError) -> any File {
    FaultyFile(try disk.open(path, create: create), path, faults)
  }

  public func exists(_ path: String) throws(DiskError) -> Bool { try disk.exists(path) }
  public func remove(_ path: String) throws(DiskError) { try disk.remove(path) }
  public func rename(_ from: String, to: String) throws(DiskError) { try disk.rename(from, to: to) }
  public func list(_ directory: String) throws(DiskError) -> [String] { try disk.list(directory) }
  public func createDirectory(_ path: String) throws(DiskError) { try disk.createDirectory(path) }

  public func syncDirectory(_ path: String) throws(DiskError) {
    faults.delaySync()
    try disk.syncDirectory(path)
  }

  public func lock(_ path: String) throws(DiskError) -> any File { try disk.lock(path) }
}

private final class FaultyFile: File {
  private let file: any File
  private let path: String
  private let faults: DiskFaults

  init(_ file: any File, _ path: String, _ faults: DiskFaults) {
    self.file = file
    self.path = path
    self.faults = faults
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskError) -> Int {
    try file.read(into: buffer, at: offset)
  }

  /// What a file holds already may be overwritten on a full disk too.
  func write(_ buffer: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskError) {
    if faults.isFull { try refuse("write", beyond: offset + UInt64(buffer.count)) }
    try file.write(buffer, at: offset)
  }

  func sync() throws(DiskError) {
    faults.delaySync()
    try file.sync()
  }

  func size() throws(DiskError) -> UInt64 { try file.size() }

  func truncate(to size: UInt64) throws(DiskError) {
    if faults.isFull { try refuse("ftruncate", beyond: size) }
    try file.truncate(to: size)
  }

  func close() { file.close() }

  private func refuse(_ call: String, beyond size: UInt64) throws(DiskError) {
    guard size > (try file.size()) else { return }
    throw DiskError(.noSpace, "\(call) \(path): \(String(cString: strerror(ENOSPC))) (made by a drill)")
  }
}

extension DiskFaults {
  fileprivate func delaySync() {
    let delay = syncDelayMs
    if delay > 0 { usleep(UInt32(delay) * 1_000) }
  }
}
