import Client
import Testing

@Suite struct EndpointTests {
  @Test("An endpoint is a URL of HTTP or a host with a port") func parsing() {
    #expect(Endpoint("http://127.0.0.1:8000/") == Endpoint(host: "127.0.0.1", port: 8000))
    #expect(Endpoint("[::1]:80")?.authority == "[::1]:80")
    #expect(Endpoint("ftp://host:1") == nil)
    #expect(Endpoint("host:70000") == nil)
  }
}
