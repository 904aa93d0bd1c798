internal import Glibc

/// Runs `psql`, so that a person sees what they would see.
public struct Psql: Sendable {
  static let rowsMax = 8
  static let columnsMax = 150

  private let program: String
  private let url: String
  private let folder: DataFolder

  /// - Throws: what to install where there is no psql.
  public init(_ url: String, _ folder: DataFolder) throws(SupervisorError) {
    let candidates = (PostgresPrograms.searchPath + PostgresPrograms.debianFolders()).map { "\($0)/psql" }
    guard let program = candidates.first(where: { access($0, X_OK) == 0 }) else {
      throw SupervisorError("psql is not installed; install it with: apt-get install postgresql-client")
    }
    self.program = program
    self.url = url
    self.folder = folder
  }

  /// The command that a person would type, without the statement.
  public var command: String { "psql '\(url)'" }

  /// What it prints for a query: the first rows, lines cut to a terminal's width, and how many rows there are.
  public func show(_ query: String) throws(SupervisorError) -> String {
    let lines = try run(query).split(separator: "\n").map { line -> String in
      line.count > Self.columnsMax ? line.prefix(Self.columnsMax - 1) + "…" : String(line)
    }
    let head = 2 + Self.rowsMax
    guard lines.count > head + 1, let last = lines.last else { return lines.joined(separator: "\n") + "\n" }
    return (lines.prefix(head) + ["…", last]).joined(separator: "\n") + "\n"
  }

  private func run(_ query: String) throws(SupervisorError) -> String {
    let output = "\(folder.path)/psql.\(getpid())"
    defer { _ = try? Files.removeTree(output) }
    let identity = try Launcher.start(
      program, ["-X", "-q", "-P", "pager=off", "-v", "ON_ERROR_STOP=1", "-c", query, url], output: .file(output))
    var status: Int32 = 0
    while waitpid(identity.pid, &status, 0) < 0, errno == EINTR {}
    let text = Files.text(output) ?? ""
    guard status == 0 else { throw SupervisorError("psql \(Termination.describe(status)): \(text)") }
    return text
  }
}
