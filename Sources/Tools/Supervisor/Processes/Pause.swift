internal import Glibc

/// Sleeping for callers that have no clock of their own to wait on.
enum Pause {
  static func milliseconds(_ count: UInt32) { usleep(count * 1_000) }
}

/// An advisory lock that is held as an open file.
enum FileLock {
  static func release(_ descriptor: Int32) { close(descriptor) }
}
