import Foundation
import Synchronization
import Testing

@testable import Sink

/// A PostgreSQL of the tests' own, started once: its files in a temporary folder, reachable by a Unix socket there.
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

  static let shared = TestServer()

  private let folder: String
  /// Starts the server, and ends it and removes its files once this process is gone, however that happens.
  private let keeper: Process
  private let names = Mutex(0)

  private init() {
    folder = "/tmp/gantry-sink-tests-\(getpid())"
    keeper = Process()
    let isRoot = geteuid() == 0
    let script = """
      set -e
      rm -rf \(folder); mkdir -m 700 \(folder); \(isRoot ? "chown postgres \(folder)" : ":")
      as() { \(isRoot ? "setpriv --reuid=postgres --regid=postgres --clear-groups" : "env") "$@"; }
      cd /
      as \(Self.binaries!)/initdb -D \(folder)/data -A trust -U tester -N --locale=C.UTF-8 >\(folder)/initdb.log 2>&1
      as \(Self.binaries!)/postgres -D \(folder)/data -k \(folder) -c listen_addresses= -c fsync=off \
        -c max_connections=60 -c autovacuum=off >\(folder)/postgres.log 2>&1 </dev/null &
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

  private func target(_ database: String) throws -> PostgresTarget {
    try PostgresTarget(
      "postgresql:///\(database)?host=\(folder)&user=tester", environment: { _ in nil }, fileExists: { _ in false })
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
