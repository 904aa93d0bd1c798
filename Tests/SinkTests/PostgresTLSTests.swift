import Testing

@testable import Sink

/// Against a real server whose certificate was made for this run. The host's name leads to loopback: what counts is that
/// it is no name of this machine.
@Suite(.needsPostgres, .enabled(if: TestServer.hasOpenSSL, "skipped: openssl is not installed"), .serialized)
struct PostgresTLSTests {
  private let server = TestServer.shared

  init() throws { try server.setTLS(true) }

  private func refusal(_ target: PostgresTarget) throws -> PostgresError {
    do throws(PostgresError) {
      _ = try Connection(target)
    } catch {
      return error
    }
    throw SinkError("a connection was made")
  }

  @Test("A server with the certificate of the right authority and host is spoken to with TLS, without being asked to")
  func verified() throws {
    let target = try server.remote(as: TestServer.certifiedName, "&sslrootcert=\(server.file("ca.crt"))")
    let connection = try Connection(target)
    let rows = try connection.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    #expect(rows.flag(0, 0))
    #expect(target.warning == nil)
  }

  @Test("A certificate of another authority is refused, and the error says which setting names the right one")
  func wrongAuthority() throws {
    let error = try refusal(
      server.remote(as: TestServer.certifiedName, "&sslrootcert=\(server.file("other.crt"))"))
    #expect(error.message.contains("certificate verify failed"), "\(error)")
    #expect(error.message.hasSuffix("signed the server's certificate: sslrootcert=FILE in the URL"), "\(error)")
    #expect(error.isHopeless)
  }

  @Test("A certificate for another host is refused, and the error names both and says what to do") func wrongHost()
    throws
  {
    let error = try refusal(server.remote(as: "other.gantry.test", "&sslrootcert=\(server.file("ca.crt"))"))
    #expect(error.message.contains(TestServer.certifiedName) && error.message.contains("other.gantry.test"), "\(error)")
    #expect(error.message.contains("connect by a name that stands in the server's certificate"), "\(error)")
    #expect(error.isHopeless)
  }

  @Test("Without a file of authorities nothing is taken on trust") func noAuthority() throws {
    let error = try refusal(
      server.remote(as: TestServer.certifiedName, "&sslrootcert=\(server.file("absent.crt"))"))
    #expect(error.message.contains("sslrootcert=FILE in the URL"), "\(error)")
    #expect(error.isHopeless)
  }

  @Test(
    "No plain text goes to another machine's name, whatever the environment says, unless the URL itself asks for it")
  func plainText() throws {
    try server.setTLS(false)
    let roots = "&sslrootcert=\(server.file("ca.crt"))"
    for environment in [[:], ["PGSSLMODE": "disable"], ["PGSSLMODE": "prefer"]] {
      let error = try refusal(server.remote(as: TestServer.certifiedName, roots, environment: environment))
      #expect(error.message.contains("server does not support SSL"), "\(error)")
      #expect(error.message.contains("switch TLS on in the server (ssl = on)"), "\(error)")
      #expect(error.isHopeless)
    }
    let asked = try server.remote(as: TestServer.certifiedName, "&sslmode=disable")
    #expect(try Connection(asked).query("SELECT 1").integer(0, 0) == 1)
    #expect(asked.warning?.contains("does not prove") == true)
  }
}
