import Client
import NIOHTTP1
import Testing

@Suite struct SeveralEndpointsTests {
  private let http = HTTPClient()

  private func client(_ servers: [StubServer], _ retries: RetryPolicy) -> DynamoClient {
    DynamoClient(endpoints: servers.map(\.endpoint), http: http, retries: retries)
  }

  @Test("A call that fails at one endpoint is answered by the next, and those after it go there at once")
  func failover() async throws {
    let servers = [try StubServer(), try StubServer()]
    let client = client(servers, RetryPolicy(attemptsMax: 3, firstDelayMs: 1, delayMsMax: 1))
    _ = try await client.call("ListTables", body: [])
    #expect(servers.map(\.requests) == [1, 0])
    servers[0].answer(.internalServerError)
    _ = try await client.call("ListTables", body: [])
    _ = try await client.call("ListTables", body: [])
    #expect(servers.map(\.requests) == [2, 2])
    servers[0].answer(.ok)
    let left = servers[1].endpoint
    await servers[1].stop()
    #expect(client.endpoint == left)
    _ = try await client.call("ListTables", body: [])
    #expect(client.endpoint == servers[0].endpoint)
    #expect(servers[0].requests == 3)
    await servers[0].stop()
    await http.shutDown()
  }

  @Test(
    "What all endpoints fail at is tried at each as often as the policy says, and what is refused is not tried again")
  func bounds() async throws {
    let servers = [try StubServer(.internalServerError), try StubServer(.internalServerError)]
    let client = client(servers, RetryPolicy(attemptsMax: 2, firstDelayMs: 1, delayMsMax: 1))
    await #expect(throws: CallError.self) { try await client.call("ListTables", body: []) }
    #expect(servers.map(\.requests) == [2, 2])
    for server in servers { server.answer(.badRequest) }
    await #expect(throws: CallError.self) { try await client.call("ListTables", body: []) }
    #expect(servers.map(\.requests).reduce(0, +) == 5)
    for server in servers { server.answer(.internalServerError) }
    // Callers that judge each answer themselves hear of it at once, and are served elsewhere next time.
    let judge = self.client(servers, .none)
    for _ in 0..<2 { await #expect(throws: CallError.self) { try await judge.call("ListTables", body: []) } }
    #expect(servers.map(\.requests).reduce(0, +) == 7 && abs(servers[0].requests - servers[1].requests) == 1)
    for server in servers { await server.stop() }
    await http.shutDown()
  }
}
