internal import Glibc

/// A program that this process started, in a session of its own: a terminal's Ctrl-C reaches only this process, which
/// ends its children itself.
final class ChildProcess {
  private static let endTimeoutMs = 10_000

  let pid: Int32
  private let name: String
  /// As `waitpid` tells it; nil while it runs.
  private var status: Int32?

  /// - Parameters:
  ///   - output: a file that its standard output goes to; its errors go to the same name with `.err` behind it.
  ///   - environment: added to that of this process.
  init(_ executable: String, _ arguments: [String], output: String) throws(ComparisonError) {
    name = executable
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, output + ".err", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // This process blocks the signals that it waits for; its children must not.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    let newSession: Int32 = 0x80  // POSIX_SPAWN_SETSID, glibc's extension
    posix_spawnattr_setflags(&attributes, Int16(Int32(POSIX_SPAWN_SETSIGMASK) | newSession))
    var words: [UnsafeMutablePointer<CChar>?] = ([executable] + arguments).map { strdup($0) }
    defer { for word in words { free(word) } }
    words.append(nil)
    var child: pid_t = 0
    let code = posix_spawnp(&child, executable, &actions, &attributes, words, environ)
    guard code == 0 else { throw .system("cannot start \(executable)", code) }
    pid = child
  }

  var isRunning: Bool {
    if status != nil { return false }
    var code: Int32 = 0
    guard waitpid(pid, &code, WNOHANG) == pid else { return true }
    status = code
    return false
  }

  /// Waits for its end; throws where that was not exit code 0.
  func waitForSuccess(timeoutMs: Int) throws(ComparisonError) {
    guard waitForEnd(timeoutMs: timeoutMs) else {
      end()
      throw ComparisonError("\(name) took longer than \(timeoutMs) ms")
    }
    guard status == 0 else { throw ComparisonError("\(name) failed") }
  }

  /// Asks it to end and kills it where it does not.
  func end() {
    guard isRunning else { return }
    kill(pid, SIGTERM)
    if waitForEnd(timeoutMs: Self.endTimeoutMs) { return }
    kill(pid, SIGKILL)
    _ = waitForEnd(timeoutMs: Self.endTimeoutMs)
  }

  private func waitForEnd(timeoutMs: Int) -> Bool {
    let deadline = ContinuousClock.now + .milliseconds(timeoutMs)
    while isRunning {
      if ContinuousClock.now > deadline { return false }
      usleep(5_000)
    }
    return true
  }
}
