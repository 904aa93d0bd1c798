import Testing

@testable import Supervisor

@Suite struct PostgresServerTests {
  @Test func itsURLHasNoPasswordAndTakesAnyPath() throws {
    let folder = try temporaryFolder()
    let inner = try DataFolder(making: folder.path + "/a b?c")
    let url = PostgresServer(inner, "pg").url(port: 5_000)
    #expect(url == "postgresql://gantry@127.0.0.1:5000/gantry?passfile=\(folder.path)/a%20b%3fc/pg/pgpass")
  }

  @Test func itIsReadyOnceItsOwnFileSaysSo() throws {
    let folder = try temporaryFolder()
    let server = PostgresServer(folder, "pg")
    let identity = ProcessIdentity(pid: 77, startTime: 1)
    #expect(!server.isReady(identity))
    try Files.makeFolder(folder.dataPath(of: "pg"))
    let path = folder.dataPath(of: "pg") + "/postmaster.pid"
    try Files.replace(path, with: "77\n/d\n1\n5000\n\n127.0.0.1\n0 0\nstarting\n")
    #expect(!server.isReady(identity))
    try Files.replace(path, with: "77\n/d\n1\n5000\n\n127.0.0.1\n0 0\nready   \n")
    #expect(server.isReady(identity))
    // Left by an earlier server.
    #expect(!server.isReady(ProcessIdentity(pid: 78, startTime: 1)) && !server.isReady(nil))
  }

  @Test func programsThatAreMissingAreNamedWithWhatToInstall() {
    do throws(SupervisorError) {
      _ = try PostgresPrograms.find(version: 3, path: [])
      Issue.record("there is no PostgreSQL 3")
    } catch {
      #expect(error.message.contains("PostgreSQL 3, of which the data here is, is not installed"))
      #expect(error.message.contains("apt-get install postgresql-3") && error.message.contains("--no-sink"))
    }
  }

  @Test func aStartMayNameAnotherServerOrNone() throws {
    let local = try Topology.load("local")
    #expect(try local.mirrored(.asInTopology).sink == local.sink)
    let without = try local.mirrored(.none)
    #expect(without.sink == nil && without.postgres == nil)
    let other = try local.mirrored(.postgres("postgresql://x@y/z"))
    #expect(other.postgres == nil && other.sink?.postgres == "postgresql://x@y/z")
    #expect(other.shape == local.shape)
    #expect(throws: SupervisorError.self) { _ = try Topology.load("bare").mirrored(.postgres("u")) }
  }
}
