internal import Environment
internal import Glibc

/// The error of a system call that just failed, from `errno`.
func systemError(_ call: String, _ path: String) -> DiskError {
  let code = errno
  return DiskError(kind(of: code), "\(call) \(path): \(String(cString: strerror(code)))")
}

private func kind(of code: Int32) -> DiskError.Kind {
  switch code {
  case ENOENT: .notFound
  case EEXIST: .exists
  case ENOSPC, EDQUOT: .noSpace
  case EWOULDBLOCK: .locked
  default: .inputOutput
  }
}

/// Repeats a system call that a signal interrupted; nil once it failed for another reason.
@inline(__always) func retrying<Result: FixedWidthInteger>(_ call: () -> Result) -> Result? {
  while true {
    let result = call()
    if result != -1 { return result }
    if errno != EINTR { return nil }
  }
}
