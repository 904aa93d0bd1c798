internal import Glibc

/// Why a command failed: one line that says what, where and what to do, and the exit code that goes with it.
public struct SupervisorError: Error, Equatable, Sendable, CustomStringConvertible {
  public var message: String
  /// 1 for a failure, 2 for wrong usage.
  public var exitCode: Int32

  public init(_ message: String, exitCode: Int32 = 1) {
    self.message = message
    self.exitCode = exitCode
  }

  public var description: String { message }

  /// A failed system call, with the system's reason.
  static func system(_ what: String, _ code: Int32) -> SupervisorError {
    SupervisorError("\(what): \(String(cString: strerror(code)))")
  }
}
