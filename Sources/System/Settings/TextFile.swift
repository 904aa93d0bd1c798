internal import Glibc

/// A settings file's text, for readers that keep it.
public enum SettingsFile {
  public static func text(_ path: String) throws(SettingsError) -> String { try TextFile.read(path) }
}

/// Whole small text files, without Foundation.
enum TextFile {
  static let bytesMax = 1 << 20

  static func read(_ path: String) throws(SettingsError) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path, errno) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16_384)
    while true {
      let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw failure(path, errno) }
      if count == 0 { break }
      bytes += chunk[0..<count]
      guard bytes.count <= bytesMax else {
        throw SettingsError(file: path, "the file is larger than \(bytesMax) bytes, so it is no settings file")
      }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw SettingsError(file: path, "the file is not UTF-8 text")
    }
    return text
  }

  private static func failure(_ path: String, _ code: Int32) -> SettingsError {
    SettingsError(file: path, "cannot be read: \(String(cString: strerror(code)))")
  }
}
