internal import Glibc

/// Measures what a node's log pays for durability: `fdatasync` after a write into zero-filled space.
enum SyncProbe {
  static let rounds = 41
  static let blockBytes = 4_096

  static func medianMilliseconds(in folder: String) -> Result<Double, SupervisorError> {
    let path = "\(folder)/.gantry-doctor-\(getpid())"
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return .failure(.system("cannot write in \(folder)", errno)) }
    defer {
      close(descriptor)
      unlink(path)
    }
    let zeros = [UInt8](repeating: 0, count: rounds * blockBytes)
    guard write(descriptor, zeros, zeros.count) == zeros.count, fsync(descriptor) == 0 else {
      return .failure(.system("cannot write in \(folder)", errno))
    }
    var times: [Double] = []
    for round in 0..<rounds {
      let start = ContinuousClock.now
      guard pwrite(descriptor, zeros, blockBytes, off_t(round * blockBytes)) == blockBytes, fdatasync(descriptor) == 0
      else { return .failure(.system("cannot sync in \(folder)", errno)) }
      times.append(Double((ContinuousClock.now - start).components.attoseconds) / 1e15)
    }
    return .success(times.sorted()[rounds / 2])
  }
}
