#if GANTRY_PLANTS
  internal import Glibc

  /// A seed in a process of its own, with a bound on the processor's time that it gets.
  enum SeedProcess {
    enum Ending: Equatable {
      case exited(Int32)
      /// It took all the time that it was given.
      case exitedByLimit
    }

    /// A hundred times what a seed takes.
    private static let processorSecondsMax = 60

    /// Runs this binary with other words; its output with its errors, and how it ended.
    static func run(_ words: [String]) -> (output: String, ending: Ending) {
      var path = [CChar](repeating: 0, count: Int(PATH_MAX))
      guard readlink("/proc/self/exe", &path, path.count - 1) > 0 else { return ("", .exited(-1)) }
      let binary = String(decoding: path.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      // A trap need not be explained frame by frame.
      let line = """
        ulimit -c 0; ulimit -t \(processorSecondsMax); export SWIFT_BACKTRACE=enable=no; \
        exec '\(binary)' \(words.joined(separator: " ")) 2>&1
        """
      guard let pipe = popen(line, "re") else { return ("", .exited(-1)) }
      var output: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 4_096)
      while true {
        let count = fread(&buffer, 1, buffer.count, pipe)
        if count == 0 { break }
        output += buffer[..<count]
      }
      let status = pclose(pipe)
      let signal = status & 0x7F
      return (
        String(decoding: output, as: UTF8.self),
        signal == SIGXCPU || signal == SIGKILL ? .exitedByLimit : .exited(status)
      )
    }

    /// The kinds of violations that a seed's line in JSON tells of, each once.
    static func kinds(in output: String) -> [String] {
      guard let start = output.range(of: "\"violations\":[")?.upperBound,
        let end = output[start...].firstIndex(of: "]")
      else { return ["the process ended"] }
      var kinds: [String] = []
      for kind in output[start..<end].split(separator: ",").map({ $0.filter { $0 != "\"" } })
      where !kinds.contains(kind) {
        kinds.append(kind)
      }
      return kinds
    }

    static func number(after name: String, in output: String) -> Int? {
      guard let start = output.range(of: name)?.upperBound else { return nil }
      return Int(output[start...].prefix { $0.isNumber })
    }
  }

  extension String {
    /// Where `text` stands first. Without Foundation.
    fileprivate func range(of text: String) -> Range<Index>? {
      let wanted = Array(text.utf8)
      var start = utf8.startIndex
      while let found = utf8[start...].firstIndex(of: wanted[0]) {
        if utf8[found...].starts(with: wanted) { return found..<utf8.index(found, offsetBy: wanted.count) }
        start = utf8.index(after: found)
      }
      return nil
    }
  }
#endif
