internal import Glibc

/// The Unix socket in a data folder. A socket's path holds 107 bytes only, so the folder is opened first and the path
/// goes through `/proc/self/fd`, however deep the folder lies.
enum LocalSocket {
  static let timeoutSeconds = 5
  static let lineBytesMax = 64 << 10

  static func listening(_ folder: DataFolder) throws(SupervisorError) -> Int32 {
    try Files.removeTree(folder.socketPath)
    let descriptor = try open()
    let code = try withAddress(folder) { bind(descriptor, $0, $1) == 0 && listen(descriptor, 16) == 0 ? 0 : errno }
    guard code == 0 else {
      close(descriptor)
      throw .system("cannot make the socket \(folder.socketPath)", code)
    }
    chmod(folder.socketPath, 0o600)
    return descriptor
  }

  /// Nil where nobody listens.
  static func connected(_ folder: DataFolder) throws(SupervisorError) -> Int32? {
    guard Files.exists(folder.socketPath) else { return nil }
    let descriptor = try open()
    let code = try withAddress(folder) { connect(descriptor, $0, $1) == 0 ? 0 : errno }
    if code == 0 { return descriptor }
    close(descriptor)
    guard code == ECONNREFUSED || code == ENOENT else {
      throw .system("cannot reach the supervisor at \(folder.socketPath)", code)
    }
    return nil
  }

  /// Reads up to a line break; nil where the other side closed, fell silent or sent too much.
  static func readLine(_ descriptor: Int32) -> [UInt8]? {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while line.count < lineBytesMax {
      let count = recv(descriptor, &byte, 1, 0)
      if count < 0 && errno == EINTR { continue }
      guard count == 1 else { return nil }
      if byte == UInt8(ascii: "\n") { return line }
      line.append(byte)
    }
    return nil
  }

  static func bound(_ descriptor: Int32, seconds: Int) {
    var timeout = timeval(tv_sec: seconds, tv_usec: 0)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(descriptor, SOL_SOCKET, option, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }
  }

  private static func open() throws(SupervisorError) -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw .system("cannot make a socket", errno) }
    return descriptor
  }

  private static func withAddress(
    _ folder: DataFolder, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) throws(SupervisorError) -> Int32 {
    let directory = Glibc.open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { throw .system("cannot open \(folder.path)", errno) }
    defer { close(directory) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let path = Array("/proc/self/fd/\(directory)/supervisor.sock".utf8)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
