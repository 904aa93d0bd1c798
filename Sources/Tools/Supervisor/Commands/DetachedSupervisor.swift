internal import Glibc

/// Starts a supervisor that outlives the command.
public enum DetachedSupervisor {
  /// The hidden subcommand of the binary that becomes the supervisor.
  public static let subcommand = "supervise"

  public enum Outcome: Sendable { case started, alreadyRunning }

  /// Returns when every process of the topology was started, or throws what the supervisor said.
  ///
  /// - Parameter topology: the name or path, read again by the new process.
  public static func start(
    _ folder: DataFolder, topology: String, publicPort: Int?, mirror: MirrorChoice = .asInTopology
  ) throws(SupervisorError) -> Outcome {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw .system("cannot make a pipe", errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    var arguments = ["cluster", subcommand, "--data", folder.path, "--topology", topology]
    if let publicPort { arguments += ["--port", "\(publicPort)"] }
    arguments += mirror.arguments
    ProcessLog.rotate(folder.supervisorLogPath)
    do {
      _ = try Launcher.start(
        try Launcher.ownExecutable(), arguments, output: .descriptor(ends[1], errors: folder.supervisorLogPath))
    } catch {
      close(ends[1])
      throw error
    }
    close(ends[1])
    return try outcome(from: ends[0], folder)
  }

  private static func outcome(from descriptor: Int32, _ folder: DataFolder) throws(SupervisorError) -> Outcome {
    var said: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while true {
      let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { break }
      said += chunk[0..<count]
    }
    let text = String(decoding: said, as: UTF8.self)
    let message = text.hasSuffix("\n") ? String(text.dropLast()) : text
    switch message {
    case Report.started: return .started
    case Report.alreadyRunning: return .alreadyRunning
    case "": throw SupervisorError("the supervisor ended at its start; its log is \(folder.supervisorLogPath)")
    default: throw SupervisorError(message)
    }
  }

  /// What the new process writes on its standard output before it closes it.
  enum Report {
    static let started = "started"
    static let alreadyRunning = "already running"
  }

  /// The new process: reports how the start went and, where it went well, serves until it is told to stop.
  public static func serve(_ folder: DataFolder, _ topology: Topology, publicPort: Int?) -> Int32 {
    do {
      switch try Supervisor.start(folder, topology, publicPort: publicPort) {
      case .alreadyRunning:
        report(Report.alreadyRunning)
      case .started(let supervisor):
        report(Report.started)
        supervisor.run()
      }
      return 0
    } catch {
      report(error.message)
      return 1
    }
  }

  /// Tells the command why there is nothing to serve.
  public static func report(_ message: String) {
    let line = Array((message + "\n").utf8)
    _ = line.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
    let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
    dup2(null, 1)
    close(null)
  }
}
