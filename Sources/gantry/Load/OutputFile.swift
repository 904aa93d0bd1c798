internal import Glibc
internal import Load

/// A file that is written from its beginning; `-` stands for standard output.
struct OutputFile {
  let path: String
  private let descriptor: Int32

  var isStandardOutput: Bool { descriptor == 1 }

  /// Makes the file, or empties it.
  init(_ path: String) throws(LoadError) {
    self.path = path
    descriptor = path == "-" ? 1 : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw LoadError("cannot write \(path): \(String(cString: strerror(errno)))") }
  }

  /// Appends.
  func write(_ bytes: [UInt8]) throws(LoadError) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw LoadError("cannot write \(path): \(String(cString: strerror(errno)))") }
      written += count
    }
  }
}

/// A file that is read whole, a piece at a time.
enum InputFile {
  static func read(_ path: String, _ body: (ArraySlice<UInt8>) throws -> Void) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw LoadError("cannot read \(path): \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw LoadError("cannot read \(path): \(String(cString: strerror(errno)))") }
      if count == 0 { return }
      try body(chunk[..<count])
    }
  }

  static func bytes(_ path: String) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try read(path) { bytes += $0 }
    return bytes
  }
}
