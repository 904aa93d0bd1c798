import Client
import Foundation
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
        // A request on a connection whose end was not noticed yet is lost, and nobody knows what became of it.
        var statuses: [Int] = []
        while statuses.last != 503, statuses.count < 20 {
          do {
            _ = try await there.call("GetItem", body: Requests.get("things", id: "a"))
            throw Failure(text: "A region without a coordinator answered.")
          } catch let error as CallError {
            guard case .service(let failure) = error else { throw error }
            statuses.append(failure.status)
          }
        }
        #expect(statuses.last == 503 && statuses.dropLast().allSatisfy { $0 == 500 }, "\(statuses)")
        _ = try await here.call("ListTables", body: Requests.bytes("{}"))
        #expect(try cluster.cluster("start", "eu-c1").code == 0)
        _ = try await there.call("GetItem", body: Requests.get("things", id: "a"))
        await http.shutDown()
      }
    }

    @Test func regionsConvergeAfterConflictsOnBothSidesOfACut() async throws {
      try await TestCluster.run(topology: "global-small") { cluster in
        let http = HTTPClient()
        let table = try await ReplicatedTable(cluster, http)
        let (us, eu) = (table.us, table.eu)
        let old = Dictionary(uniqueKeysWithValues: (1..<40).map { ("old\($0)", "\($0)") })
        #expect(try await table.items(eu) == old, "An active replica holds what the table held.")
        try await table.until("the other side is active too") { try await table.replicas(eu) == ["us-east-1 ACTIVE"] }
        try await table.put(us, "from", "us")
        try await table.put(eu, "back", "eu")
        var expected = old.merging(["from": "us", "back": "eu"]) { $1 }
        #expect(try await table.waitUntilEqual() == expected)

        #expect(try cluster.cluster("partition", "us-n1", "eu-n1").code == 0)
        for number in 1..<20 {
          let (first, second) = number % 2 == 0 ? (us, eu) : (eu, us)
          try await table.put(first, "old\(number)", "early")
          // The one clock of both regions goes on before the later write.
          try await Task.sleep(for: .milliseconds(5))
          if number % 3 == 0 {
            _ = try await second.call("DeleteItem", body: ReplicatedTable.key("old\(number)"))
            expected["old\(number)"] = nil
          } else {
            try await table.put(second, "old\(number)", "late")
            expected["old\(number)"] = "late"
          }
          try await table.put(us, "us\(number)", "x")
          try await table.put(eu, "eu\(number)", "y")
          expected["us\(number)"] = "x"
          expected["eu\(number)"] = "y"
        }
        #expect(try await table.items(us) != table.items(eu), "The cut keeps changes apart.")
        // The cursor, what waits and the versions are on the disk.
        #expect(try cluster.cluster("kill", "us-n1").code == 0)
        #expect(try cluster.cluster("start", "us-n1").code == 0)
        #expect(try cluster.cluster("heal").code == 0)
        try await table.until("both regions hold what was written last") {
          let (here, there) = (try await table.items(us), try await table.items(eu))
          return here == expected && there == expected
        }

        let pair = #"{table="things",id="1",from="us-east-1",to="eu-west-1"}"#
        try await table.until("nothing waits any more, and the metrics say so") {
          try await cluster.metric("gantry_region_pending_changes\(pair)", of: "us-n1", http) == 0
        }
        try await table.until("the metrics count what arrived") {
          try await cluster.metric("gantry_region_latency_seconds_count\(pair)", of: "us-n1", http) >= 19
        }
        let status = try cluster.status("--checksums")
        #expect(status["checksums"]?.text == "equal")

        let body = #"{"TableName":"things","ReplicaUpdates":[{"Delete":{"RegionName":"eu-west-1"}}]}"#
        _ = try await us.call("UpdateTable", body: Requests.bytes(body))
        try await table.until("the replica has gone") { try await table.replicas(us).isEmpty }
        try await table.until("its table too") {
          let tables = try JSONValue(parsing: try await eu.call("ListTables", body: Requests.bytes("{}")))
          return tables["TableNames"]?.elements?.isEmpty == true
        }
        #expect(try await table.items(us) == expected)
        _ = try await us.call("DeleteTable", body: Requests.bytes(#"{"TableName":"things"}"#))
        await http.shutDown()
      }
    }

    /// Three regions of one node each, as YAML.
    private static let three =
      "regions:\n"
      + ["us-east-1", "eu-west-1", "ap-south-1"].map { name in
        let short = name.prefix(2)
        return "  - {name: \(name), shards: 2, replication: 1, nodes: [{name: \(short)-n1}], "
          + "coordinators: [{name: \(short)-c1, loops: 1}]}\n"
      }.joined()

    @Test func aThirdRegionGetsWhatBothOthersWroteAndAllKnowEachOther() async throws {
      let file = FileManager.default.temporaryDirectory.appending(path: "gantry-topology-\(UUID().uuidString).yaml")
      try Self.three.write(to: file, atomically: true, encoding: .utf8)
      defer { try? FileManager.default.removeItem(at: file) }
      try await TestCluster.run(topology: file.path()) { cluster in
        let http = HTTPClient()
        let table = try await ReplicatedTable(cluster, http)
        let (us, eu) = (table.us, table.eu)
        let ap = DynamoClient(endpoint: try cluster.endpoint(of: "ap-c1"), region: "ap-south-1", http: http)
        try await table.put(us, "old1", "us")
        try await table.put(eu, "old2", "eu")
        _ = try await table.waitUntilEqual()
        // Neither knows in time what the other one writes now.
        #expect(try cluster.cluster("partition", "us-n1", "eu-n1").code == 0)
        try await table.put(us, "only-us", "1")
        try await table.put(eu, "only-eu", "2")
        let body = #"{"TableName":"things","ReplicaUpdates":[{"Create":{"RegionName":"ap-south-1"}}]}"#
        _ = try await eu.call("UpdateTable", body: Requests.bytes(body))
        #expect(try cluster.cluster("heal").code == 0)
        for (client, others) in [
          (us, ["ap-south-1", "eu-west-1"]), (eu, ["ap-south-1", "us-east-1"]), (ap, ["eu-west-1", "us-east-1"]),
        ] {
          try await table.until("every region knows two others") {
            guard let found = try? await table.replicas(client) else { return false }
            return found.sorted() == others.map { "\($0) ACTIVE" }
          }
        }
        try await table.put(ap, "from-ap", "3")
        var expected = Dictionary(uniqueKeysWithValues: (1..<40).map { ("old\($0)", "\($0)") })
        expected.merge(["old1": "us", "old2": "eu", "only-us": "1", "only-eu": "2", "from-ap": "3"]) { $1 }
        for client in [us, eu, ap] {
          try await table.until("every region holds everything") { try await table.items(client) == expected }
        }
        await http.shutDown()
      }
    }
  }
}
