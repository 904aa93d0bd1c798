import Client
import Foundation
import Items
import Supervisor
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

        // What the replica took in and has not sent is waited for.
        #expect(try cluster.cluster("pause-replication", "--from", "eu-west-1").code == 0)
        try await table.put(eu, "last", "eu")
        expected["last"] = "eu"
        try await table.removeReplica()
        try await table.until("it takes no more") {
          (try? await table.put(eu, "late", "x")) == nil
        }
        #expect(try await table.replicas(us) == ["eu-west-1 DELETING"])
        #expect(try cluster.cluster("resume-replication").code == 0)
        try await table.until("the replica has gone") { try await table.replicas(us).isEmpty }
        try await table.until("its table too") {
          let tables = try JSONValue(parsing: try await eu.call("ListTables", body: Requests.bytes("{}")))
          return tables["TableNames"]?.elements?.isEmpty == true
        }
        // Of the writes that came while it closed, those that were taken arrived too.
        #expect(try await table.items(us).filter { $0.key != "late" } == expected)
        _ = try await us.call("DeleteTable", body: Requests.bytes(#"{"TableName":"things"}"#))
        await http.shutDown()
      }
    }

    /// Two regions of one node each; eu-west-1 may not see everything.
    private static func withResidency(_ keyFile: String) -> String {
      "regions:\n"
        + ["us-east-1", "eu-west-1"].map { name in
          let short = name.prefix(2)
          return "  - {name: \(name), shards: 2, replication: 1, nodes: [{name: \(short)-n1}], "
            + "coordinators: [{name: \(short)-c1, loops: 1}]}\n"
        }.joined()
        + "residency:\n  - {table: things, region: eu-west-1, drop: [secret], hash: [ssn], mask: [name]}\n"
        + "residencyKeyFile: \(keyFile)\n"
    }

    @Test func aRegionHoldsOnlyWhatItMayAndItsOwnWritesReachTheOthers() async throws {
      let folder = FileManager.default.temporaryDirectory
      let (file, key) = (
        folder.appending(path: "gantry-\(UUID()).yaml"), folder.appending(path: "gantry-\(UUID()).key")
      )
      try Self.withResidency(key.path()).write(to: file, atomically: true, encoding: .utf8)
      try "0123456789abcdef0123456789abcdef\n".write(to: key, atomically: true, encoding: .utf8)
      defer { for path in [file, key] { try? FileManager.default.removeItem(at: path) } }
      try await TestCluster.run(topology: file.path()) { cluster in
        let http = HTTPClient()
        let table = try await ReplicatedTable(cluster, http)
        let (us, eu) = (table.us, table.eu)
        func get(_ client: DynamoClient) async throws -> JSONValue? {
          try JSONValue(parsing: try await client.call("GetItem", body: Requests.get("things", id: "p")))["Item"]
        }
        let item =
          #"{"id":{"S":"p"},"value":{"S":"1"},"secret":{"S":"CANARY"},"ssn":{"S":"CANARY"},"name":{"S":"CANARY"}}"#
        _ = try await us.call("PutItem", body: Requests.bytes(#"{"TableName":"things","Item":\#(item)}"#))
        try await table.until("the copy has arrived") { try await get(eu) != nil }
        let copy = try #require(try await get(eu))
        #expect(copy["secret"] == nil && copy["name"]?["S"]?.text == "***")
        #expect(copy["ssn"]?["S"]?.text?.count == 64)
        #expect(copy["gantry:withheld"]?["SS"]?.elements?.compactMap(\.text) == ["name", "secret", "ssn"])

        let update = #"{"TableName":"things","Key":{"id":{"S":"p"}},"UpdateExpression":"SET #v = :v","#
        let names = ##""ExpressionAttributeNames":{"#v":"NAME"},"ExpressionAttributeValues":{":v":{"S":"2"}}}"##
        func body(_ name: String) -> [UInt8] { Requests.bytes(update + names.replacing("NAME", with: name)) }
        do {
          _ = try await eu.call("UpdateItem", body: body("secret"))
          Issue.record("A region of copies took a write of what it does not hold.")
        } catch let error as CallError {
          guard case .service(let failure) = error else { throw error }
          #expect(failure.status == 400 && "\(failure)".contains("residency rule"))
        }
        _ = try await eu.call("UpdateItem", body: body("value"))
        try await table.until("the write of the copy has arrived") { try await get(us)?["value"]?["S"]?.text == "2" }
        #expect(try await get(us)?["secret"]?["S"]?.text == "CANARY")
        for folder in ["eu-n1", "eu-c1"] {
          #expect(try !cluster.holds("CANARY", under: folder), "It is nowhere on the disk of \(folder).")
        }
        #expect(try cluster.holds("CANARY", under: "us-n1"), "The search finds what is there.")
        let held = try await table.digests("eu-n1", as: nil, http)
        try await table.until("the copy is what the rules make of the whole") {
          try await table.digests("us-n1", as: "eu-west-1", http) == held
        }
        await http.shutDown()
      }
    }

    @Test func changesOfATableReachItsReplicasAndTracesOfRemovedItemsGo() async throws {
      try await TestCluster.run(topology: "global-small") { cluster in
        let http = HTTPClient()
        let table = try await ReplicatedTable(cluster, http)
        let (us, eu) = (table.us, table.eu)
        func describe(_ client: DynamoClient) async throws -> JSONValue? {
          let body = Requests.bytes(#"{"TableName":"things"}"#)
          return try JSONValue(parsing: try await client.call("DescribeTable", body: body))["Table"]
        }
        for client in [us, eu] {
          #expect(try await describe(client)?["StreamSpecification"]?["StreamViewType"]?.text == "NEW_AND_OLD_IMAGES")
        }
        for number in 1..<10 {
          _ = try await (number % 2 == 0 ? us : eu).call("DeleteItem", body: ReplicatedTable.key("old\(number)"))
        }
        _ = try await table.waitUntilEqual()
        try await table.until("no region keeps traces that nobody needs") {
          var gone = 0.0
          for node in ["us-n1", "eu-n1"] {
            gone += try await cluster.metric("gantry_region_traces_forgotten_total", of: node, http)
          }
          return gone >= 18
        }

        let index =
          #"{"TableName":"things","AttributeDefinitions":[{"AttributeName":"value","AttributeType":"S"}],"#
          + #""GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"by-value","KeySchema":"#
          + #"[{"AttributeName":"value","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}}]}"#
        _ = try await eu.call("UpdateTable", body: Requests.bytes(index))
        for client in [us, eu] {
          try await table.until("the index is everywhere") {
            let made = try await describe(client)?["GlobalSecondaryIndexes"]?.elements?.first
            return made?["IndexStatus"]?.text == "ACTIVE"
          }
        }
        let expiry = #"{"TableName":"things","TimeToLiveSpecification":{"AttributeName":"ttl","Enabled":true}}"#
        _ = try await us.call("UpdateTimeToLive", body: Requests.bytes(expiry))
        try await table.until("items expire everywhere") {
          let body = Requests.bytes(#"{"TableName":"things"}"#)
          let answer = try JSONValue(parsing: try await eu.call("DescribeTimeToLive", body: body))
          return answer["TimeToLiveDescription"]?["AttributeName"]?.text == "ttl"
        }

        let delete = Requests.bytes(#"{"TableName":"things"}"#)
        do {
          _ = try await us.call("DeleteTable", body: delete)
          Issue.record("The source of a new replica was deleted.")
        } catch let error as CallError {
          #expect("\(error)".contains("acted as a source region"))
        }
        let remove = #"{"TableName":"things","ReplicaUpdates":[{"Delete":{"RegionName":"us-east-1"}}]}"#
        try await table.until("the other region knows it too") {
          do {
            _ = try await eu.call("UpdateTable", body: Requests.bytes(remove))
            Issue.record("The source of a new replica was removed by another region.")
          } catch let error as CallError {
            return "\(error)".contains("acted as a source region")
          }
          return true
        }
        try await table.put(eu, "last", "from eu")
        try await table.until("the table is active") { try await describe(eu)?["TableStatus"]?.text == "ACTIVE" }
        _ = try await eu.call("DeleteTable", body: delete)
        try await table.until("the others forget it") { try await table.replicas(us).isEmpty }
        #expect(try await table.items(us)["last"] == "from eu", "What was written last has arrived.")
        await http.shutDown()
      }
    }

    /// TRAPS 21: a region that is removed by force.
    @Test func aRegionThatIsGivenUpKeepsWhatItHasAndBringsNothingBack() async throws {
      let text = try #require(BuiltInTopologies.text("global-small"))
      try await TestCluster.run(topologyText: text + "\nnodeSettings: {replicaRemovalMs: 300}\n") { cluster in
        let http = HTTPClient()
        let table = try await ReplicatedTable(cluster, http)
        let (us, eu) = (table.us, table.eu)
        try await table.until("the other side is active too") { try await table.replicas(eu) == ["us-east-1 ACTIVE"] }
        #expect(try cluster.cluster("partition", "us-n1", "eu-n1").code == 0)
        try await table.put(eu, "old1", "unsent")
        try await table.put(eu, "only-eu", "unsent")
        #expect(try cluster.cluster("kill", "eu-n1").code == 0)
        _ = try await us.call("DeleteItem", body: ReplicatedTable.key("old1"))
        try await table.removeReplica()
        try await table.until("it is given up") { try await table.replicas(us).isEmpty }
        let expected = try await table.items(us)
        #expect(expected["old1"] == nil && expected["old2"] == "2")

        #expect(try cluster.cluster("heal").code == 0)
        #expect(try cluster.cluster("start", "eu-n1").code == 0)
        try await table.until("the region hears of it") {
          guard let replicas = try? await table.replicas(eu), replicas.isEmpty else { return false }
          return try await table.items(eu)["only-eu"] == "unsent"
        }
        try await table.put(eu, "later", "eu")
        #expect(try await table.items(eu)["old1"] == "unsent")
        #expect(try await table.items(us) == expected)

        // It can be added again once that table is gone, and nothing of it comes back.
        try await table.until("its table has gone") {
          _ = try? await eu.call("DeleteTable", body: Requests.bytes(#"{"TableName":"things"}"#))
          return (try? await table.replicas(eu)) == nil
        }
        try await table.addReplica()
        #expect(try await table.waitUntilEqual() == expected)
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
