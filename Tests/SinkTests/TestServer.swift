import Foundation
import Synchronization
import Testing

@testable import Sink

/// A PostgreSQL of the tests' own, started once: its files in a temporary folder, reachable by a Unix socket there, and
/// with TLS on loopback, under a certificate for ``certifiedName`` that was made for this run.
///
/// Where PostgreSQL is not installed the tests that need one are skipped.
final class TestServer: Sendable {
  static let binaries: String? = {
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
    let folders = versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "/usr/lib/postgresql/\($0)/bin" }
    return (folders + ["/usr/bin", "/usr/local/bin"]).first {
      FileManager.default.isExecutableFile(atPath: "\($0)/initdb")
        && FileManager.default.isExecutableFile(atPath: "\($0)/postgres")
    }
  }()

  static var isInstalled: Bool { binaries != nil }

  static let hasOpenSSL = ["/usr/bin/openssl", "/usr/local/bin/openssl"].contains {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  static let shared = TestServer()
  static let certifiedName = "billing.gantry.test"

  private let folder: String
  let port: Int
  /// Starts the server, and ends it and removes its files once this process is gone, however that happens.
  private let keeper: Process
  private let names = Mutex(0)

  private init() {
    folder = "/tmp/gantry-sink-tests-\(getpid())"
    port = Self.freePort()
    keeper = Process()
    let isRoot = geteuid() == 0
    let script = """
      set -e
      rm -rf \(folder); mkdir -m 700 \(folder); \(isRoot ? "chown postgres \(folder)" : ":")
      as() { \(isRoot ? "setpriv --reuid=postgres --regid=postgres --clear-groups" : "env") "$@"; }
      cd /
      as \(Self.binaries!)/initdb -D \(folder)/data -A trust -U tester -N --locale=C.UTF-8 >\(folder)/initdb.log 2>&1
      cd \(folder)
      \(Self.hasOpenSSL ? Self.certificates : ":")
      cd /
      as \(Self.binaries!)/postgres -D \(folder)/data -k \(folder) -p \(port) -c listen_addresses=127.0.0.1 \
        \(Self.hasOpenSSL ? "-c ssl_cert_file=\(folder)/server.crt -c ssl_key_file=\(folder)/server.key" : "") -c fsync=off \
        -c max_connections=200 -c autovacuum=off >\(folder)/postgres.log 2>&1 </dev/null &
      while kill -0 \(getpid()) 2>/dev/null; do sleep 0.2; done
      kill -QUIT $(head -n 1 \(folder)/data/postmaster.pid); wait
      rm -rf \(folder)
      """
    keeper.executableURL = URL(fileURLWithPath: "/bin/sh")
    keeper.arguments = ["-c", script]
    // Who waits for the end of this process's output must not wait for the server.
    keeper.standardInput = FileHandle.nullDevice
    keeper.standardOutput = FileHandle.nullDevice
    keeper.standardError = FileHandle.nullDevice
    try! keeper.run()
  }

  /// An authority, a certificate of it for the server, and an authority that has nothing to do with them.
  private static var certificates: String {
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    return """
      {
      as openssl req -x509 \(key) -keyout ca.key -out ca.crt -subj /CN=authority -days 2
      as openssl req -x509 \(key) -keyout other.key -out other.crt -subj /CN=stranger -days 2
      as openssl req \(key) -keyout server.key -out server.csr -subj /CN=\(certifiedName)
      as openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out server.crt -days 2
      } >openssl.log 2>&1
      """
  }

  /// Free a moment ago.
  private static func freePort() -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { general in
        bind(descriptor, general, size) + getsockname(descriptor, general, &size)
      }
    }
    return Int(UInt16(bigEndian: address.sin_port))
  }

  /// A file beside the server's certificate: `ca.crt` is the authority that signed it, `other.crt` another one.
  func file(_ name: String) -> String { "\(folder)/\(name)" }

  /// The server as a network client would name it; the name leads to loopback by `hostaddr`.
  func remote(as host: String, _ options: String, environment: [String: String] = [:]) throws -> PostgresTarget {
    try waitUntilReady()
    return try PostgresTarget(
      "postgresql://tester@\(host):\(port)/postgres?hostaddr=127.0.0.1\(options)",
      environment: { environment[$0] }, fileExists: { _ in false })
  }

  /// Switches TLS on or off, for connections from here on.
  func setTLS(_ isOn: Bool) throws {
    try waitUntilReady()
    let connection = try Connection(target("postgres"))
    try connection.query("ALTER SYSTEM SET ssl = \(isOn ? "on" : "off")")
    try connection.query("SELECT pg_reload_conf()")
    // New connections have the settings of the server's first process.
    let deadline = ContinuousClock.now + .seconds(60)
    while try Connection(target("postgres")).query("SHOW ssl").text(0, 0) != (isOn ? "on" : "off") {
      guard ContinuousClock.now < deadline else { throw SinkError("the server does not take its settings") }
      usleep(10_000)
    }
  }

  /// A new, empty database.
  func database() throws -> PostgresTarget {
    let name = names.withLock { count -> String in
      count += 1
      return "test\(count)"
    }
    try waitUntilReady()
    let connection = try Connection(target("postgres"))
    try connection.script("CREATE DATABASE \(name)")
    return try target(name)
  }

  /// A new schema of a database, as a sink's URL would name it.
  func schema(_ name: String, besides connection: Connection) throws -> PostgresTarget {
    try connection.script("CREATE SCHEMA \(name)")
    let database = try connection.query("SELECT current_database()").text(0, 0)!
    return try target(database, "&options=-csearch_path%3D\(name)")
  }

  private func target(_ database: String, _ more: String = "") throws -> PostgresTarget {
    try PostgresTarget(
      "postgresql:///\(database)?host=\(folder)&port=\(port)&user=tester\(more)", environment: { _ in nil },
      fileExists: { _ in false })
  }

  private func waitUntilReady() throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while true {
      do {
        _ = try Connection(target("postgres"))
        return
      } catch {
        guard ContinuousClock.now < deadline else { throw error }
        usleep(20_000)
      }
    }
  }
}

extension Trait where Self == ConditionTrait {
  /// Prints the word "skipped" in the test's line where PostgreSQL is absent.
  static var needsPostgres: Self { .enabled(if: TestServer.isInstalled, "skipped: PostgreSQL is not installed") }
}
