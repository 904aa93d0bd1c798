import Foundation
import NIOSSL
import Testing

@testable import Client

private let openssl = ["/usr/bin/openssl", "/usr/local/bin/openssl"].first {
  FileManager.default.isExecutableFile(atPath: $0)
}

/// An authority, a certificate of it for `localhost` and 127.0.0.1, and another authority: made for one test.
private final class Certificates {
  let folder = FileManager.default.temporaryDirectory.appending(path: "gantry-tls-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.currentDirectoryURL = folder
    process.arguments = [
      "-c",
      """
      set -e; exec >log 2>&1
      \(openssl!) req -x509 \(key) -keyout ca.key -out ca.crt -subj /CN=authority -days 2
      \(openssl!) req -x509 \(key) -keyout other.key -out other.crt -subj /CN=stranger -days 2
      \(openssl!) req \(key) -keyout server.key -out server.csr -subj /CN=server
      echo subjectAltName=DNS:localhost,IP:127.0.0.1 >names
      \(openssl!) x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out server.crt -days 2 -extfile names
      \(openssl!) req -x509 -key server.key -out elsewhere.crt -subj /CN=elsewhere.test -days 2
      """,
    ]
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func path(_ name: String) -> String { folder.appending(path: name).path() }

  func server(_ certificate: String) throws -> NIOSSLContext {
    try NIOSSLContext(
      configuration: .makeServerConfiguration(
        certificateChain: NIOSSLCertificate.fromPEMFile(path(certificate)).map { .certificate($0) },
        privateKey: .privateKey(NIOSSLPrivateKey(file: path("server.key"), format: .pem))))
  }
}

@Suite(.enabled(if: openssl != nil, "skipped: openssl is not installed")) struct SecureEndpointTests {
  private func get(_ server: StubServer, as host: String, trusting file: String) async throws -> Int {
    let http = HTTPClient(authorities: file)
    let result: Result<HTTPResponse, TransportFailure>
    do throws(TransportFailure) {
      result = .success(try await http.get("/", from: Endpoint("https://\(host):\(server.endpoint.port)")!))
    } catch {
      result = .failure(error)
    }
    await http.shutDown()
    return try result.get().status
  }

  private func refusal(_ server: StubServer, as host: String, trusting file: String) async throws -> String {
    do {
      _ = try await get(server, as: host, trusting: file)
    } catch let error as TransportFailure {
      // Nothing was sent.
      #expect(error.code == .connect)
      return error.description
    }
    return "an answer came"
  }

  @Test("An https endpoint with a certificate of a known authority for its name or address is spoken to")
  func known() async throws {
    let certificates = try Certificates()
    let server = try StubServer(tls: certificates.server("server.crt"))
    for host in ["localhost", "127.0.0.1"] {
      #expect(try await get(server, as: host, trusting: certificates.path("ca.crt")) == 200)
    }
    await server.stop()
  }

  @Test("A certificate of an unknown authority, one for another name, and a server without TLS get no request")
  func unknown() async throws {
    let certificates = try Certificates()
    let server = try StubServer(tls: certificates.server("server.crt"))
    let stranger = try await refusal(server, as: "localhost", trusting: certificates.path("other.crt"))
    #expect(stranger.contains("its certificate is not accepted"), "\(stranger)")
    let elsewhere = try StubServer(tls: certificates.server("elsewhere.crt"))
    let name = try await refusal(elsewhere, as: "localhost", trusting: certificates.path("elsewhere.crt"))
    #expect(name.contains("its certificate is not accepted"), "\(name)")
    let plain = try StubServer()
    let none = try await refusal(plain, as: "localhost", trusting: certificates.path("ca.crt"))
    #expect(none.contains("speaks no TLS"), "\(none)")
    let absent = try await refusal(server, as: "localhost", trusting: certificates.path("absent.crt"))
    #expect(absent.contains("AWS_CA_BUNDLE"), "\(absent)")
    for server in [server, elsewhere, plain] {
      #expect(server.requests == 0)
      await server.stop()
    }
  }
}
