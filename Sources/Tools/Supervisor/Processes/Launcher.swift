internal import Glibc
internal import Settings

/// Starts programs in a session of their own, so that a terminal's Ctrl-C and hang-up reach only the supervisor.
enum Launcher {
  /// A program and what it is told.
  struct Command: Equatable, Sendable {
    var executable: String
    var arguments: [String]
  }

  /// Where a program's output goes.
  enum Output {
    /// Standard output and error are appended to a file.
    case file(String)
    /// Standard output is a descriptor of this process, standard error is appended to a file.
    case descriptor(Int32, errors: String)
  }

  /// The running program itself, or what was put in its place since: processes that start then are the newer release's.
  static func ownExecutable() throws(SupervisorError) -> String {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let length = buffer.withUnsafeMutableBytes { bytes in
      readlink("/proc/self/exe", bytes.baseAddress!.assumingMemoryBound(to: CChar.self), bytes.count)
    }
    guard length > 0 else { throw .system("cannot find the gantry binary", errno) }
    return replaced(String(decoding: buffer[0..<length], as: UTF8.self))
  }

  /// Linux marks the path of a running program whose file has gone.
  static func replaced(_ path: String) -> String {
    let mark = " (deleted)"
    return path.hasSuffix(mark) ? String(path.dropLast(mark.count)) : path
  }

  /// What a process of a cluster is started with. By its settings file or data ``Orphans`` knows it again; faults are
  /// in force before its first link.
  static func command(
    _ process: DescribedProcess, _ folder: DataFolder, _ faults: ClusterFaults
  ) throws(SupervisorError) -> Command {
    if process.role == .postgres {
      guard let port = HostPort(process.address)?.port else { fatalError("PostgreSQL was planned without a port.") }
      return try PostgresServer(folder, process.name).command(port: port)
    }
    var arguments = [process.role.rawValue, "--config", folder.settingsPath(of: process.name)]
    if process.role.hasLinks { arguments.append("--enable-faults") }
    if faults.concern(process.name) { arguments += ["--faults", faults.order(for: process.name)] }
    return Command(executable: try ownExecutable(), arguments: arguments)
  }

  static func start(
    _ command: Command, input: String = "/dev/null", output: Output
  ) throws(SupervisorError) -> ProcessIdentity {
    try start(command.executable, command.arguments, input: input, output: output)
  }

  /// The new process inherits the environment and no open file but its input and output.
  static func start(
    _ executable: String, _ arguments: [String], input: String = "/dev/null", output: Output
  ) throws(SupervisorError) -> ProcessIdentity {
    closeOnExec()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    prepare(&actions, input, output)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    prepare(&attributes)
    var words: [UnsafeMutablePointer<CChar>?] = ([executable] + arguments).map { strdup($0) }
    defer { for word in words { free(word) } }
    words.append(nil)
    var pid: pid_t = 0
    let code = posix_spawn(&pid, executable, &actions, &attributes, words, environ)
    guard code == 0 else { throw .system("cannot start \(executable)", code) }
    guard let text = Files.text("/proc/\(pid)/stat"), let parsed = ProcessIdentity.parse(text) else {
      throw SupervisorError("cannot read /proc/\(pid)/stat of the process just started; is /proc mounted?")
    }
    return ProcessIdentity(pid: pid, startTime: parsed.startTime)
  }

  /// Also for what this process inherited itself: who started `up --detach` may wait for the end of a pipe.
  private static func closeOnExec() {
    for entry in Files.names(in: "/proc/self/fd") {
      if let descriptor = Int32(entry), descriptor > 2 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    }
  }

  private static func prepare(
    _ actions: inout posix_spawn_file_actions_t, _ input: String, _ output: Output
  ) {
    posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
    switch output {
    case .file(let path):
      posix_spawn_file_actions_addopen(&actions, 1, path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
      posix_spawn_file_actions_adddup2(&actions, 1, 2)
    case .descriptor(let descriptor, let path):
      posix_spawn_file_actions_adddup2(&actions, descriptor, 1)
      posix_spawn_file_actions_addopen(&actions, 2, path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    }
  }

  /// A session of its own, no signal blocked or ignored.
  private static func prepare(_ attributes: inout posix_spawnattr_t) {
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigdefault(&attributes, &all)
    let newSession: Int32 = 0x80  // POSIX_SPAWN_SETSID, glibc's extension
    let flags = Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF) | newSession
    posix_spawnattr_setflags(&attributes, Int16(flags))
  }

  /// Lets children open as many files as the system allows this user, within reason.
  static func raiseFileLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = min(limit.rlim_max, 65_536)
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
