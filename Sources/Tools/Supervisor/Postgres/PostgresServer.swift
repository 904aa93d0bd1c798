internal import Glibc
internal import Settings

/// A PostgreSQL server of a cluster's own: made once in the cluster's folder, reachable on loopback only, by one role
/// with a password that is in a file of the cluster's owner.
/// ```
/// NAME/data       PostgreSQL's own
/// NAME/pgpass     the role's password, as libpq reads it; written last, so that it says that all is there
/// NAME/hba.conf   who may connect: that role, with its password
/// ```
struct PostgresServer: Sendable {
  /// The role, which owns the database and may do nothing else, and its database.
  static let role = "gantry"
  static let vacateTimeoutMs = 5_000

  let folder: DataFolder
  let name: String

  init(_ folder: DataFolder, _ name: String) {
    self.folder = folder
    self.name = name
  }

  private var dataPath: String { folder.dataPath(of: name) }
  private var passwordPath: String { "\(folder.folder(of: name))/pgpass" }
  private var accessPath: String { "\(folder.folder(of: name))/hba.conf" }

  /// The version that its data is of; nil where there is none.
  private var version: Int? {
    Files.text("\(dataPath)/PG_VERSION").flatMap { Int($0.prefix { $0 != "\n" }) }
  }

  /// The programs that its data needs.
  func programs() throws(SupervisorError) -> PostgresPrograms {
    let programs = try PostgresPrograms.find(version: Files.exists(passwordPath) ? version : nil)
    guard geteuid() != 0 || PostgresPrograms.owner != nil else {
      throw SupervisorError(
        "PostgreSQL does not run as root, and there is no user '\(PostgresPrograms.ownerName)' that it could run as; "
          + "run gantry as another user, or do without a mirror: --no-sink")
    }
    return programs
  }

  /// For clients. The password stays in its file.
  func url(port: Int) -> String {
    "postgresql://\(Self.role)@127.0.0.1:\(port)/\(Self.role)?passfile=\(Self.escaped(passwordPath))"
  }

  private static func escaped(_ path: String) -> String {
    path.utf8.map { byte in
      let isPlain = Character(UnicodeScalar(byte)).isLetter && byte < 128 || (48...57).contains(byte)
      if isPlain || "/-._".utf8.contains(byte) { return String(UnicodeScalar(byte)) }
      return "%" + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }.joined()
  }

  func command(port: Int) throws(SupervisorError) -> Launcher.Command {
    try programs().command(
      "postgres",
      [
        "-D", dataPath, "-h", "127.0.0.1", "-p", "\(port)", "-c", "unix_socket_directories=", "-c",
        "hba_file=\(accessPath)", "-c", "max_wal_size=512MB", "-c", "jit=off",
      ])
  }

  /// Whether it takes connections: PostgreSQL writes that into the eighth line of its own file.
  func isReady(_ identity: ProcessIdentity?) -> Bool {
    guard let identity, let text = Files.text("\(dataPath)/postmaster.pid") else { return false }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.count > 7 && Int32(lines[0]) == identity.pid && lines[7].hasPrefix("ready")
  }

  /// Waits, within a bound, until no process of an earlier server works in the data: a new one would refuse to start.
  func waitUntilVacant() {
    let deadline = ContinuousClock.now + .milliseconds(Self.vacateTimeoutMs)
    while ContinuousClock.now < deadline, isOccupied { Pause.milliseconds(5) }
  }

  private var isOccupied: Bool {
    Files.names(in: "/proc").contains { entry in
      Int32(entry) != nil && (try? Files.resolved("/proc/\(entry)/cwd")) == dataPath
    }
  }

  // MARK: The first start

  /// Makes the server's files, unless an earlier start did.
  func prepare() throws(SupervisorError) {
    try Files.replace(accessPath, with: "host \(Self.role) \(Self.role) 127.0.0.1/32 scram-sha-256\n")
    guard !Files.exists(passwordPath) else { return }
    let programs = try programs()
    // Left by a start that did not come to its end.
    try Files.removeTree(dataPath)
    try Files.makeFolder(dataPath)
    if let owner = PostgresPrograms.owner, chown(dataPath, owner.user, owner.group) != 0 {
      throw .system("cannot give \(dataPath) to \(PostgresPrograms.ownerName)", errno)
    }
    try run(
      programs.command(
        "initdb", ["-D", dataPath, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"]),
      input: "/dev/null")
    let password = Self.newPassword()
    try makeRole(password, programs)
    // The whole disk at once is quicker than a thousand files one by one, as initdb would.
    try run(Launcher.Command(executable: "/usr/bin/sync", arguments: ["-f", dataPath]), input: "/dev/null")
    try Files.replace(passwordPath, with: "127.0.0.1:*:\(Self.role):\(Self.role):\(password)\n")
  }

  /// In the server's single-user mode, where each line is a statement: nobody else can come first.
  private func makeRole(_ password: String, _ programs: PostgresPrograms) throws(SupervisorError) {
    let script = "\(folder.folder(of: name))/setup.sql"
    try Files.replace(
      script,
      with: "CREATE ROLE \(Self.role) LOGIN PASSWORD '\(password)'\nCREATE DATABASE \(Self.role) OWNER \(Self.role)\n")
    defer { _ = try? Files.removeTree(script) }
    try run(programs.command("postgres", ["--single", "-D", dataPath, "postgres"]), input: script)
  }

  private func run(_ command: Launcher.Command, input: String) throws(SupervisorError) {
    let logPath = folder.logPath(of: name)
    let identity = try Launcher.start(command, input: input, output: .file(logPath))
    var status: Int32 = 0
    while waitpid(identity.pid, &status, 0) < 0, errno == EINTR {}
    guard status != 0 else { return }
    let lines = ProcessLog.lastLines(logPath, count: 5).map { "\n  " + $0 }.joined()
    throw SupervisorError("PostgreSQL could not be made in \(dataPath): \(Termination.describe(status))\(lines)")
  }

  private static func newPassword() -> String {
    (0..<2).map { _ in String(UInt64.random(in: .min ... .max), radix: 36) }.joined()
  }
}
