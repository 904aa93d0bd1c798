internal import Glibc

/// PostgreSQL's programs on this machine.
public struct PostgresPrograms: Sendable {
  /// Where `initdb`, `postgres` and `psql` are.
  let folder: String

  private static let names = ["initdb", "postgres", "psql"]
  private static let debianFolder = "/usr/lib/postgresql"

  /// - Parameter version: the major version that data of an earlier start is of; nil: the newest that there is.
  public static func find(version: Int? = nil) throws(SupervisorError) -> PostgresPrograms {
    try find(version: version, path: searchPath)
  }

  /// Folders of programs.
  static var searchPath: [String] {
    getenv("PATH").map { String(cString: $0).split(separator: ":").map(String.init) } ?? []
  }

  static func find(version: Int?, path: [String]) throws(SupervisorError) -> PostgresPrograms {
    // Elsewhere the version is not in the path; the server itself refuses data of another one.
    if let folder = (debianFolders(of: version) + path).first(where: hasAll) { return PostgresPrograms(folder: folder) }
    let which = version.map { " \($0), of which the data here is," } ?? ""
    throw SupervisorError(
      "PostgreSQL\(which) is not installed (\(names.joined(separator: ", ")) are missing); install it with: "
        + "apt-get install postgresql\(version.map { "-\($0)" } ?? ""), name another server with --postgres URL, or "
        + "do without a mirror: --no-sink")
  }

  /// The newest first.
  static func debianFolders(of version: Int? = nil) -> [String] {
    let versions = Files.names(in: debianFolder).compactMap { Int($0) }.sorted(by: >)
    return versions.filter { version == nil || $0 == version }.map { "\(debianFolder)/\($0)/bin" }
  }

  private static func hasAll(_ folder: String) -> Bool { names.allSatisfy { access("\(folder)/\($0)", X_OK) == 0 } }

  /// A command that runs one of the server's programs. They refuse root; `postgres` then owns the data and, to reach
  /// it below folders of root, may search and read them.
  func command(_ name: String, _ arguments: [String]) -> Launcher.Command {
    let program = "\(folder)/\(name)"
    guard Self.owner != nil else { return Launcher.Command(executable: program, arguments: arguments) }
    let become = [
      "--reuid=\(Self.ownerName)", "--regid=\(Self.ownerName)", "--clear-groups", "--inh-caps=+dac_read_search",
      "--ambient-caps=+dac_read_search",
    ]
    return Launcher.Command(executable: "/usr/bin/setpriv", arguments: become + [program] + arguments)
  }

  static let ownerName = "postgres"

  /// Whom the data belongs to where this process is root's; nil where it is not.
  static var owner: (user: uid_t, group: gid_t)? {
    guard geteuid() == 0 else { return nil }
    guard let entry = getpwnam(ownerName) else { return nil }
    return (entry.pointee.pw_uid, entry.pointee.pw_gid)
  }
}
