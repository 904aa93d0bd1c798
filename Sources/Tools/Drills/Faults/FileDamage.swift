internal import Glibc
internal import Supervisor

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
      let files = Files.names(in: folder + "/journal").filter { $0.hasSuffix(".log") }.map { "\(folder)/journal/\($0)" }
      let used = try files.map { (path: $0, bytes: try usedBytes(of: $0)) }
      guard let fullest = used.max(by: { $0.bytes < $1.bytes }), fullest.bytes > 0 else {
        throw DrillError("the log in \(folder) holds nothing to overwrite")
      }
      try invert(fullest.path, at: [fullest.bytes / 2])
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

  private static func usedBytes(of path: String) throws -> Int { (try read(path).lastIndex { $0 != 0 } ?? -1) + 1 }

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
    guard let bytes = try Files.read(path) else { throw DrillError("\(path) is gone") }
    return bytes
  }

  private static func failure(_ what: String, _ path: String) -> DrillError {
    DrillError("\(what) \(path): \(String(cString: strerror(errno)))")
  }
}
