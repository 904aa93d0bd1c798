import Client
import Items
import Testing

extension RealProcesses {
  @Suite(.serialized) struct Regions {
    @Test func oneEndpointServesEveryRegionAndEachIsAClusterOfItsOwn() async throws {
      try await TestCluster.run(topology: "global-small") { cluster in
        let description = try cluster.description()
        #expect(description["regions"]?.elements?.map { $0["name"]?.text } == ["us-east-1", "eu-west-1"])
        let http = HTTPClient()
        func client(_ coordinator: String, _ region: String) throws -> DynamoClient {
          DynamoClient(
            endpoint: try cluster.endpoint(of: coordinator), region: region, http: http,
            retries: .none)
        }
        let (here, there) = (try client("us-c1", "us-east-1"), try client("us-c1", "eu-west-1"))
        try await there.createTable(named: "things", request: Requests.createTable("things"))
        _ = try await there.call("PutItem", body: Requests.put("things", id: "a", value: "x"))
        let direct = try client("eu-c1", "eu-west-1")
        let answer = try JSONValue(parsing: try await direct.call("GetItem", body: Requests.get("things", id: "a")))
        #expect(answer["Item"]?["value"]?["S"]?.text == "x")
        let tables = try JSONValue(parsing: try await here.call("ListTables", body: Requests.bytes("{}")))
        #expect(tables["TableNames"]?.elements?.isEmpty == true)

        let status = try cluster.status("--checksums")
        #expect(
          status["shards"]?.elements?.map { $0["region"]?.text } == [
            "us-east-1", "us-east-1", "eu-west-1", "eu-west-1",
          ])
        #expect(status["healthy"]?.bool == true && status["checksums"]?.text == "equal")
        #expect(status["regions"]?.elements?.allSatisfy { $0["metadata"]?["leader"]?.text != nil } == true)

        #expect(try cluster.cluster("kill", "eu-c1").code == 0)
        do {
          _ = try await there.call("GetItem", body: Requests.get("things", id: "a"))
          Issue.record("A region without a coordinator answered.")
        } catch let error as CallError {
          guard case .service(let failure) = error else { throw error }
          #expect(failure.status == 503)
        }
        _ = try await here.call("ListTables", body: Requests.bytes("{}"))
        #expect(try cluster.cluster("start", "eu-c1").code == 0)
        _ = try await there.call("GetItem", body: Requests.get("things", id: "a"))
        await http.shutDown()
      }
    }
  }
}
