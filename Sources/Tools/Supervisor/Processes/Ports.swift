internal import Glibc

/// Ports on loopback.
enum Ports {
  /// Below the range that the system gives to outgoing connections (32768 up by default), so that none of those can
  /// take a port between the choice and its use, or while its process is down.
  static let range = 20_000...31_999

  static func isFree(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var on: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    return bound == 0 && listen(descriptor, 1) == 0
  }

  /// A free port that is not among `taken`.
  static func pick(except taken: Set<Int>) throws(SupervisorError) -> Int {
    for _ in 0..<2_000 {
      let port = Int.random(in: range)
      if !taken.contains(port) && isFree(port) { return port }
    }
    throw SupervisorError("no free port between \(range.lowerBound) and \(range.upperBound) on 127.0.0.1")
  }
}
