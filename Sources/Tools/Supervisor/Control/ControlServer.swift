internal import Glibc

/// Takes commands one after the other; each answers at once.
struct ControlServer: Sendable {
  private let folder: DataFolder
  private let listener: Int32

  init(_ folder: DataFolder) throws(SupervisorError) {
    self.folder = folder
    listener = try LocalSocket.listening(folder)
  }

  /// Returns when the listener was closed.
  func serve(_ answer: (ControlRequest) -> ControlAnswer) {
    while true {
      let client = accept(listener, nil, nil)
      if client < 0 {
        if errno == EINTR || errno == ECONNABORTED { continue }
        return
      }
      // Children are started by this thread only, so none can inherit the descriptor in between.
      _ = fcntl(client, F_SETFD, FD_CLOEXEC)
      LocalSocket.bound(client, seconds: LocalSocket.timeoutSeconds)
      if let line = LocalSocket.readLine(client) {
        let reply = ControlRequest(line: line).map(answer) ?? .failed("the supervisor is of another version")
        _ = Array(reply.line.utf8).withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      }
      Glibc.close(client)
    }
  }

  func close() {
    shutdown(listener, Int32(SHUT_RDWR))
    try? Files.removeTree(folder.socketPath)
  }
}

/// The commands' side.
enum ControlClient {
  /// Nil where no supervisor listens.
  static func ask(_ request: ControlRequest, _ folder: DataFolder) throws(SupervisorError) -> ControlAnswer? {
    guard let descriptor = try LocalSocket.connected(folder) else { return nil }
    defer { close(descriptor) }
    LocalSocket.bound(descriptor, seconds: LocalSocket.timeoutSeconds)
    let line = Array(request.line.utf8)
    let sent = line.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    guard sent == line.count, let reply = LocalSocket.readLine(descriptor) else {
      throw SupervisorError("the supervisor of \(folder.path) does not answer; its log is \(folder.supervisorLogPath)")
    }
    return ControlAnswer(line: reply) ?? .failed("the supervisor is of another version")
  }
}
