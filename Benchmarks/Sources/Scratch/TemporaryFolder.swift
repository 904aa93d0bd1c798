internal import Glibc
internal import Synchronization

/// A folder on a real disk (`/var/tmp`: `/tmp` is memory on many machines). It goes with this value, and at the latest
/// when the process exits.
public final class TemporaryFolder: Sendable {
  private static let living = Mutex<Set<String>>([])

  public let path: String

  public init() {
    var template = Array("/var/tmp/gantry-benchmark-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { fatalError("No folder can be made in /var/tmp.") }
    path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    _ = Self.keepNone
    Self.living.withLock { _ = $0.insert(path) }
  }

  deinit { remove() }

  /// Removes the folder and what is in it now; no error where that is not possible.
  public func remove() { Self.remove(path) }

  private static let keepNone: Void = {
    atexit {
      for path in TemporaryFolder.living.withLock({ $0 }) { TemporaryFolder.remove(path) }
    }
  }()

  private static func remove(_ path: String) {
    clear(path)
    living.withLock { _ = $0.remove(path) }
  }

  private static func clear(_ path: String) {
    if let stream = opendir(path) {
      while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
          tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != "." && name != ".." { clear("\(path)/\(name)") }
      }
      closedir(stream)
    }
    _ = Glibc.remove(path)
  }
}
