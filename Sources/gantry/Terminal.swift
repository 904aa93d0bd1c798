internal import Glibc

/// Results go to standard output; everything else goes to standard error.
enum Terminal {
  static func print(_ text: String) { write(1, text.hasSuffix("\n") ? text : text + "\n") }

  static func note(_ text: String) { write(2, text.hasSuffix("\n") ? text : text + "\n") }

  static func fail(_ message: String) {
    let isColoured = isatty(2) == 1 && getenv("NO_COLOR") == nil
    note(isColoured ? "\u{1B}[31mgantry:\u{1B}[0m \(message)" : "gantry: \(message)")
  }

  static func raw(_ bytes: [UInt8]) { write(1, bytes) }

  private static func write(_ descriptor: Int32, _ text: String) { write(descriptor, Array(text.utf8)) }

  private static func write(_ descriptor: Int32, _ bytes: [UInt8]) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written) }
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { exit(1) }
      written += count
    }
  }
}
