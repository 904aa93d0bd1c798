import Client
import Items
import Testing

extension RealProcesses {
  @Suite(.serialized) struct TwoCoordinators {
    @Test func bothEndpointsArePrintedAndServeAndOneIsEnough() async throws {
      try await TestCluster.run(topology: "ha") { cluster in
        let endpoints = try ["c1", "c2"].map { "\(try cluster.endpoint(of: $0))" }
        let text = try cluster.cluster("up", "--topology", "ha").output
        #expect(text.hasPrefix("Gantry is already up: \(endpoints[0]) and \(endpoints[1])  ("))
        #expect(text.contains("AWS_ENDPOINT_URL=\(endpoints[0]) "))
        #expect(try cluster.description()["regions"]?[0]?["endpoint"]?.text == endpoints[0])
        let http = HTTPClient()
        let first = DynamoClient(endpoint: try cluster.endpoint(of: "c1"), http: http)
        let second = DynamoClient(endpoint: try cluster.endpoint(of: "c2"), http: http)
        try await first.createTable(named: "things", request: Requests.createTable("things"))
        _ = try await first.call("PutItem", body: Requests.put("things", id: "a", value: "x"))
        #expect(try cluster.cluster("kill", "c1").code == 0)
        let answer = try JSONValue(parsing: try await second.call("GetItem", body: Requests.get("things", id: "a")))
        #expect(answer["Item"]?["value"]?["S"]?.text == "x")
        #expect(try cluster.cluster("start", "c1").code == 0)
        _ = try await first.call("GetItem", body: Requests.get("things", id: "a"))
        await http.shutDown()
      }
    }
  }
}
