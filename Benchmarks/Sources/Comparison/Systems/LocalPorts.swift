internal import Glibc

/// Free ports on loopback, below the range that the system gives to outgoing connections.
enum LocalPorts {
  static func pick(_ count: Int) throws(ComparisonError) -> [Int] {
    var found: [Int] = []
    for _ in 0..<2_000 where found.count < count {
      let port = Int.random(in: 20_000...31_999)
      if !found.contains(port), isFree(port) { found.append(port) }
    }
    guard found.count == count else { throw ComparisonError("no \(count) free ports on 127.0.0.1") }
    return found
  }

  private static func isFree(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    let length = socklen_t(MemoryLayout<sockaddr_in>.size)
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) == 0 }
    }
  }
}
