internal import Glibc

/// A process that cannot be mistaken for a later one with the same id.
struct ProcessIdentity: Hashable, Sendable {
  var pid: Int32
  /// Clock ticks between boot and start: field 22 of `/proc/PID/stat` (proc(5)).
  var startTime: UInt64

  init(pid: Int32, startTime: UInt64) {
    self.pid = pid
    self.startTime = startTime
  }

  /// The process that has this id now; nil where there is none, or only a zombie.
  init?(livingPid pid: Int32) {
    guard let text = Files.text("/proc/\(pid)/stat"), let parsed = Self.parse(text), parsed.state != "Z",
      parsed.state != "X"
    else { return nil }
    self.init(pid: pid, startTime: parsed.startTime)
  }

  /// A zombie counts as dead: it holds no port, no lock and no memory.
  var isAlive: Bool { ProcessIdentity(livingPid: pid) == self }

  /// Whether every thread stands still by a signal (state T, or t under a debugger).
  var isPaused: Bool {
    guard isAlive else { return false }
    let states = Files.names(in: "/proc/\(pid)/task").compactMap { thread in
      Files.text("/proc/\(pid)/task/\(thread)/stat").flatMap(Self.parse)?.state
    }
    return !states.isEmpty && states.allSatisfy { $0 == "T" || $0 == "t" }
  }

  static var current: ProcessIdentity {
    guard let identity = ProcessIdentity(livingPid: getpid()) else {
      fatalError("The process does not find itself below /proc.")
    }
    return identity
  }

  /// State, parent and start time from a line of `/proc/PID/stat`; the command, field 2, may itself hold blanks and brackets.
  static func parse(_ text: String) -> (state: String, parent: Int32, startTime: UInt64)? {
    guard let bracket = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: bracket)...].split(whereSeparator: { $0 == " " || $0 == "\n" })
    guard fields.count > 19, let parent = Int32(fields[1]), let startTime = UInt64(fields[19]) else { return nil }
    return (String(fields[0]), parent, startTime)
  }

  static var bootID: String {
    Files.text("/proc/sys/kernel/random/boot_id").map { String($0.prefix { $0 != "\n" }) } ?? ""
  }
}
