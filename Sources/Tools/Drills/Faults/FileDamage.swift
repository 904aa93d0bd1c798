internal import Glibc
internal import Supervisor

/// What a bad disk does to the files of a node that is down.
enum FileDamage {
  private static let pageBytes = 8_192
  private static let sectorBytes = 512
  /// One in so many of the bytes that a log file holds are its tail.
  private static let tailShare = 16

  /// Overwrites bytes in the middle of what the fullest log file, or the largest shard database, holds, or makes the
  /// newest log file shorter as if its last writes had never come.
  ///
  /// - Parameter folder: of a node's data.
  static func corrupt(_ file: DrillFault.CorruptedFile, in folder: String) throws {
    switch file {
    case .log:
      let used = try logFiles(in: folder)
      guard let fullest = used.max(by: { $0.bytes < $1.bytes }) else { throw nothing(in: folder) }
      try invert(fullest.path, at: [fullest.bytes / 2])
    case .tail:
      guard let newest = try logFiles(in: folder).last else { throw nothing(in: folder) }
      let start = max(sectorBytes, newest.bytes - newest.bytes / tailShare) / sectorBytes * sectorBytes
      try write([UInt8](repeating: 0, count: newest.bytes - start), to: newest.path, at: start)
    case .database:
      var databases: [(path: String, bytes: Int)] = []
      for shard in Files.names(in: folder) where shard.hasPrefix("shard-") {
        for name in Files.names(in: "\(folder)/\(shard)") where name.hasSuffix(".db") {
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

  /// The log files that hold more than their headers, by age, and how far they are written: they are zero-filled ahead of
  /// use.
  private static func logFiles(in folder: String) throws -> [(path: String, bytes: Int)] {
    let names = Files.names(in: folder + "/journal").filter { $0.hasSuffix(".log") }.sorted()
    let files = try names.map { name in
      let path = "\(folder)/journal/\(name)"
      return (path: path, bytes: try usedBytes(of: path))
    }
    return files.filter { $0.bytes > sectorBytes }
  }

  private static func nothing(in folder: String) -> DrillError {
    DrillError("the log in \(folder) holds nothing to overwrite")
  }

  private static func usedBytes(of path: String) throws -> Int { (try read(path).lastIndex { $0 != 0 } ?? -1) + 1 }

  private static func invert(_ path: String, at places: [Int]) throws {
    let bytes = try read(path)
    for place in places { try write([~bytes[place]], to: path, at: place) }
  }

  private static func write(_ bytes: [UInt8], to path: String, at place: Int) throws {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("cannot write", path) }
    defer { close(descriptor) }
    guard pwrite(descriptor, bytes, bytes.count, place) == bytes.count, fsync(descriptor) == 0 else {
      throw failure("cannot write", path)
    }
  }

  private static func read(_ path: String) throws -> [UInt8] {
    guard let bytes = try Files.read(path) else { throw DrillError("\(path) is gone") }
    return bytes
  }

  private static func failure(_ what: String, _ path: String) -> DrillError {
    DrillError("\(what) \(path): \(String(cString: strerror(errno)))")
  }
}
