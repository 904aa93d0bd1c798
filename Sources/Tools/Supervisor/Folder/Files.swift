internal import Glibc

/// Small whole files and folders. Errors name the path and the system's reason.
package enum Files {
  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Nil where the file does not exist.
  package static func read(_ path: String) throws(SupervisorError) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw .system("cannot read \(path)", errno)
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .system("cannot read \(path)", errno) }
      if count == 0 { return bytes }
      bytes += chunk[0..<count]
    }
  }

  static func text(_ path: String) -> String? {
    guard let bytes = try? read(path) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Replaces the file at once: a reader sees the old one or the new one whole.
  static func replace(_ path: String, with text: String) throws(SupervisorError) {
    let temporary = path + ".new"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .system("cannot write \(path)", errno) }
    defer { close(descriptor) }
    try write(Array(text.utf8), to: descriptor, path)
    guard fsync(descriptor) == 0 else { throw .system("cannot write \(path)", errno) }
    guard rename(temporary, path) == 0 else { throw .system("cannot write \(path)", errno) }
  }

  static func write(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws(SupervisorError) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw .system("cannot write \(path)", errno) }
      written += count
    }
  }

  /// Makes a folder and its parents; those made can be entered by their owner only.
  static func makeFolder(_ path: String) throws(SupervisorError) {
    if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
      throw .system("cannot make the folder \(path)", errno)
    }
    try makeFolder(String(path[..<slash]))
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .system("cannot make the folder \(path)", errno) }
  }

  package static func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Removes a file, or a folder with all that is in it; follows no symbolic link. Absent: nothing to do.
  package static func removeTree(_ path: String) throws(SupervisorError) {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      if errno == ENOENT { return }
      throw .system("cannot remove \(path)", errno)
    }
    if status.st_mode & S_IFMT == S_IFDIR {
      for name in names(in: path) { try removeTree("\(path)/\(name)") }
    }
    guard remove(path) == 0 || errno == ENOENT else { throw .system("cannot remove \(path)", errno) }
  }

  /// The path without symbolic links; the path must exist.
  static func resolved(_ path: String) throws(SupervisorError) -> String {
    guard let pointer = realpath(path, nil) else { throw .system("cannot open \(path)", errno) }
    defer { free(pointer) }
    return String(cString: pointer)
  }

  /// A path that means the same in every folder; a text that is no path of a file stays as it is.
  static func absolute(_ path: String) -> String {
    let isPath = path.contains("/") || path.hasSuffix(".yaml") || path.hasSuffix(".yml")
    return isPath ? (try? resolved(path)) ?? path : path
  }

  static func size(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }

  /// Bytes that this user may still write on the disk that holds `path`.
  static func freeBytes(_ path: String) -> UInt64? {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    return UInt64(status.f_bavail) * UInt64(status.f_frsize)
  }
}
