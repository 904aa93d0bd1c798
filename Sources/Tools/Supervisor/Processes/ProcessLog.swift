internal import Glibc

/// The output of a child: one current file, one older one.
enum ProcessLog {
  static let rotateBytes = 8 << 20
  static let tailBytesMax = 16 << 10

  /// Before a start: a large log becomes `log.1`, so that what led to the last end stays readable.
  static func rotate(_ path: String) {
    if Files.size(path) > rotateBytes { rename(path, path + ".1") }
  }

  /// While its process runs and holds the file open for appending: copies it to `log.1` and empties it.
  static func trim(_ path: String) {
    guard Files.size(path) > 2 * rotateBytes, let bytes = try? Files.read(path) else { return }
    let old = open(path + ".1", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard old >= 0 else { return }
    defer { close(old) }
    guard (try? Files.write(bytes, to: old, path + ".1")) != nil else { return }
    truncate(path, 0)
  }

  /// The last lines, oldest first; empty where there is no log.
  static func lastLines(_ path: String, count: Int) -> [String] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    let size = Int(lseek(descriptor, 0, SEEK_END))
    let start = max(0, size - tailBytesMax)
    var bytes = [UInt8](repeating: 0, count: size - start)
    let length = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, off_t(start)) }
    let text = String(decoding: bytes.prefix(max(0, length)), as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: true).map(String.init)
    return Array((start > 0 ? lines.dropFirst() : lines[...]).suffix(count))
  }
}
