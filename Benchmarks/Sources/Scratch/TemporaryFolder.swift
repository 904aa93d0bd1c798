internal import Glibc

/// A folder on a real disk (`/var/tmp`: `/tmp` is memory on many machines) that goes with this value.
public final class TemporaryFolder: Sendable {
  public let path: String

  public init() {
    var template = Array("/var/tmp/gantry-benchmark-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { fatalError("No folder can be made in /var/tmp.") }
    path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  }

  deinit { remove() }

  /// Removes the folder and what is in it now; no error where that is not possible.
  public func remove() { Self.remove(path) }

  private static func remove(_ path: String) {
    if let stream = opendir(path) {
      while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
          tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != "." && name != ".." { remove("\(path)/\(name)") }
      }
      closedir(stream)
    }
    _ = Glibc.remove(path)
  }
}
