import Client
import Testing

@Suite struct EndpointTests {
  @Test("An endpoint is a URL of HTTP or a host with a port") func parsing() throws {
    #expect(Endpoint("http://127.0.0.1:8000/") == Endpoint(host: "127.0.0.1", port: 8000))
    #expect(Endpoint("[::1]:80")?.authority == "[::1]:80")
    #expect(Endpoint("https://db.example.com") == Endpoint(host: "db.example.com", port: 443, isSecure: true))
    #expect(Endpoint("https://h:1")?.description == "https://h:1")
    #expect(Endpoint("ftp://host:1") == nil)
    #expect(Endpoint("host:70000") == nil)
    #expect(try Endpoint.list("http://a:1,https://b") == [Endpoint("http://a:1")!, Endpoint("https://b")!])
    #expect(throws: EndpointError.self) { try Endpoint.list("http://a:1,") }
  }
}
