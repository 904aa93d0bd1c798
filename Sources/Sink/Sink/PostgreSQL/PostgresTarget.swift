internal import CPostgreSQL
internal import Glibc
internal import Settings

/// Where PostgreSQL is and how to speak to it: what a URL says, with safe defaults for what it leaves out.
public struct PostgresTarget: Sendable, CustomStringConvertible {
  /// libpq's keywords, in its order.
  let keywords: [(name: String, value: String)]
  /// Set where TLS was asked for in a way that does not prove who answers.
  public let warning: String?

  /// - Parameter url: `postgresql://user@host:port/database?…` or libpq's `key=value` form. A password belongs into
  ///   `PGPASSWORD` or a password file, since every user of a machine can read its processes' arguments.
  public init(_ url: String) throws {
    try self.init(
      url, environment: { name in getenv(name).map { String(cString: $0) } }, fileExists: { access($0, R_OK) == 0 })
  }

  init(_ url: String, environment: (String) -> String?, fileExists: (String) -> Bool) throws(PostgresError) {
    let given = try Self.parse(url)
    func setting(_ keyword: String, _ variable: String) -> String? {
      given.last { $0.name == keyword }?.value ?? environment(variable)
    }
    var added: [(name: String, value: String)] = [
      ("application_name", "gantry-sink"), ("connect_timeout", "5"), ("keepalives_idle", "5"),
      ("keepalives_interval", "2"), ("keepalives_count", "3"), ("tcp_user_timeout", "10000"),
      ("client_encoding", "UTF8"),
    ]
    let host = setting("host", "PGHOST")
    // Where a service file names the host, nobody knows here which.
    let isLocal =
      Self.isLocal(host: host ?? "", address: setting("hostaddr", "PGHOSTADDR") ?? "")
      && (host != nil || setting("service", "PGSERVICE") == nil)
    // The environment may ask for more than the default, never for less.
    let mode = given.last { $0.name == "sslmode" }?.value
    if mode == nil, !isLocal {
      added.append(("sslmode", "verify-full"))
      if setting("sslrootcert", "PGSSLROOTCERT") == nil,
        let roots = Self.roots(environment: environment, fileExists: fileExists)
      {
        added.append(("sslrootcert", roots))
      }
    }
    keywords = added.filter { addition in !given.contains { $0.name == addition.name } } + given
    warning = mode.flatMap { mode in
      isLocal || mode == "verify-full"
        ? nil : "sslmode=\(mode) does not prove that the PostgreSQL that answers is the right one; verify-full does"
    }
  }

  private static func roots(environment: (String) -> String?, fileExists: (String) -> Bool) -> String? {
    if let home = environment("HOME"), fileExists("\(home)/.postgresql/root.crt") { return nil }
    return ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"].first(where: fileExists)
  }

  /// Whether every host is this machine: a Unix socket or a loopback address. A name of another machine counts although
  /// its address is given too: it is whose certificate has to be shown, also at the end of a tunnel.
  static func isLocal(host: String, address: String) -> Bool {
    [host, address].flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }.allSatisfy { host in
      host.isEmpty || host.hasPrefix("/") || host.hasPrefix("@") || HostPort(host: String(host), port: 0).isLoopback
    }
  }

  private static func parse(_ url: String) throws(PostgresError) -> [(name: String, value: String)] {
    let functions = try LibPQ.functions.get()
    var message: UnsafeMutablePointer<CChar>?
    guard let options = functions.conninfoParse(url, &message) else {
      let reason = message.map { String(cString: $0) } ?? "out of memory"
      if let message { functions.freemem(message) }
      throw PostgresError(kind: .settings, message: "the connection URL cannot be used: \(Connection.line(reason))")
    }
    defer { functions.conninfoFree(options) }
    var given: [(name: String, value: String)] = []
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val { given.append((String(cString: keyword), String(cString: value))) }
      option += 1
    }
    return given
  }

  /// The URL without its password.
  public var description: String {
    func value(_ name: String) -> String { keywords.last { $0.name == name }?.value ?? "" }
    let user = value("user")
    let port = value("port")
    return
      "postgresql://\(user.isEmpty ? "" : user + "@")\(value("host"))\(port.isEmpty ? "" : ":" + port)/\(value("dbname"))"
  }
}
