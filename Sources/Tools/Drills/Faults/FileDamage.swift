internal import Glibc

/// What a bad disk does to the files of a node that is down.
enum FileDamage {
  private static let pageBytes = 4_096

  /// Overwrites bytes in the middle of what the newest log file, or the largest shard database, holds.
  ///
  /// - Parameter folder: of a node's data.
  static func corrupt(_ file: DrillFault.CorruptedFile, in folder: String) throws {
    switch file {
    case .log:
      // Files are zero-filled ahead of use, so the fullest one is the one in use or full.
      let files = try names(in: folder + "/journal").filter { $0.hasSuffix(".log") }.map { "\(folder)/journal/\($0)" }
      let used = try files.map { (path: $0, bytes: try usedBytes(of: $0)) }
      guard let fullest = used.max(by: { $0.bytes < $1.bytes }), fullest.bytes > 0 else {
        throw DrillError("the log in \(folder) holds nothing to overwrite")
      }
      try invert(fullest.path, at: [fullest.bytes / 2])
    case .database:
      var databases: [(path: String, bytes: Int)] = []
      for shard in try names(in: folder) where shard.hasPrefix("shard-") {
        for name in try names(in: "\(folder)/\(shard)") where name.hasSuffix(".db") {
          let path = "\(folder)/\(shard)/\(name)"
          databases.append((path, try read(path).count))
        }
      }
      guard let largest = databases.max(by: { ($0.bytes, $1.path) < ($1.bytes, $0.path) }) else {
        throw DrillError("there is no shard database in \(folder)")
      }
      // The first page may be cached nowhere and is read at the start; half of the others are hit.
      try invert(largest.path, at: stride(from: 100, to: largest.bytes, by: 2 * pageBytes).map { $0 })
    }
  }

  /// Removes everything, as where a machine is replaced.
  static func wipe(_ folder: String) throws {
    for name in try names(in: folder) {
      let path = "\(folder)/\(name)"
      var status = stat()
      guard lstat(path, &status) == 0 else { throw failure("cannot see", path) }
      if status.st_mode & S_IFMT == S_IFDIR {
        try wipe(path)
        guard rmdir(path) == 0 else { throw failure("cannot remove", path) }
      } else {
        guard unlink(path) == 0 else { throw failure("cannot remove", path) }
      }
    }
  }

  private static func usedBytes(of path: String) throws -> Int {
    (try read(path).lastIndex { $0 != 0 } ?? -1) + 1
  }

  private static func invert(_ path: String, at places: [Int]) throws {
    let bytes = try read(path)
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("cannot write", path) }
    defer { close(descriptor) }
    for place in places {
      var byte = ~bytes[place]
      guard pwrite(descriptor, &byte, 1, place) == 1 else { throw failure("cannot write", path) }
    }
    guard fsync(descriptor) == 0 else { throw failure("cannot write", path) }
  }

  private static func read(_ path: String) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("cannot read", path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure("cannot read", path) }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes { buffer in
        Glibc.read(descriptor, buffer.baseAddress! + filled, buffer.count - filled)
      }
      guard count > 0 else { throw failure("cannot read", path) }
      filled += count
    }
    return bytes
  }

  private static func names(in folder: String) throws -> [String] {
    guard let stream = opendir(folder) else { throw failure("cannot read", folder) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  private static func failure(_ what: String, _ path: String) -> DrillError {
    DrillError("\(what) \(path): \(String(cString: strerror(errno)))")
  }
}
