public import Environment
internal import Glibc

/// The files of this machine. Stateless, so that every thread may use it.
public final class RealDisk: Disk, Sendable {
  public init() {}

  public func open(_ path: String, create: Bool) throws(DiskError) -> any File {
    try openFile(path, create ? O_RDWR | O_CREAT : O_RDWR)
  }

  public func exists(_ path: String) throws(DiskError) -> Bool {
    if access(path, F_OK) == 0 { return true }
    if errno == ENOENT || errno == ENOTDIR { return false }
    throw systemError("access", path)
  }

  /// Removes a file or an empty directory.
  public func remove(_ path: String) throws(DiskError) {
    if Glibc.remove(path) != 0 { throw systemError("remove", path) }
  }

  public func rename(_ from: String, to: String) throws(DiskError) {
    if Glibc.rename(from, to) != 0 { throw systemError("rename", "\(from) to \(to)") }
  }

  public func list(_ directory: String) throws(DiskError) -> [String] {
    guard let stream = opendir(directory) else { throw systemError("opendir", directory) }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno != 0 { throw systemError("readdir", directory) }
        break
      }
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Makes the directory and its parents, each synced into the directory above it, so that it outlives a power cut.
  public func createDirectory(_ path: String) throws(DiskError) {
    if path.isEmpty { return }
    if try exists(path) { return }
    let parent = parent(of: path)
    try createDirectory(parent)
    if mkdir(path, 0o755) != 0 && errno != EEXIST { throw systemError("mkdir", path) }
    try syncDirectory(parent)
  }

  public func syncDirectory(_ path: String) throws(DiskError) {
    let descriptor = Glibc.open(path.isEmpty ? "." : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw systemError("open", path) }
    defer { _ = Glibc.close(descriptor) }
    if fsync(descriptor) != 0 { throw systemError("fsync", path) }
  }

  public func lock(_ path: String) throws(DiskError) -> any File {
    let file = try openFile(path, O_RDWR | O_CREAT)
    if flock(file.descriptor, LOCK_EX | LOCK_NB) != 0 { throw systemError("flock", path) }
    return file
  }

  private func openFile(_ path: String, _ flags: Int32) throws(DiskError) -> RealFile {
    guard let descriptor = retrying({ Glibc.open(path, flags | O_CLOEXEC, 0o644) }) else {
      throw systemError("open", path)
    }
    return RealFile(path: path, descriptor: descriptor)
  }

  private func parent(of path: String) -> String {
    var trimmed = Substring(path)
    while trimmed.count > 1 && trimmed.hasSuffix("/") { trimmed.removeLast() }
    guard let slash = trimmed.lastIndex(of: "/") else { return "." }
    return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
  }
}
