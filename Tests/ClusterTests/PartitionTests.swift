import Client
import Foundation
import Items
import Testing

extension RealProcesses {
  @Suite(.serialized) struct Partitions {
    private let ids = (0..<12).map { "k\($0)" }

    /// Both sides have a coordinator, so a client of either can ask.
    @Test func theMinorityStopsAnsweringTheMajorityGoesOnAndAllAgreeAfterHealing() async throws {
      try await TestCluster.run(topology: "ha") { cluster in
        let http = HTTPClient()
        let majority = DynamoClient(endpoint: try cluster.endpoint(of: "c2"), http: http)
        let minority = DynamoClient(
          endpoint: try cluster.endpoint(of: "c1"), http: http, retries: .none, timeoutMs: 15_000)
        try await majority.createTable(named: "things", request: Requests.createTable("things"))
        for id in ids { _ = try await minority.call("PutItem", body: Requests.put("things", id: id, value: "old")) }

        let cut = try cluster.cluster("partition", "n1,c1", "n2,n3,c2", "--json")
        #expect(cut.code == 0, "\(cut.errors)")
        #expect(try cut.json["faults"]?["partition"]?[0]?[1]?.text == "c1")
        for id in ids { _ = try await majority.call("PutItem", body: Requests.put("things", id: id, value: "new")) }
        #expect(await answered(minority) == [])
        #expect(try cluster.status()["faults"]?["partition"]?.elements?.count == 2)

        #expect(try cluster.cluster("heal").output.contains("every link is whole"))
        #expect(try cluster.status()["faults"]?["partition"]?.elements?.isEmpty == true)
        let patient = DynamoClient(endpoint: try cluster.endpoint(of: "c1"), http: http)
        for id in ids {
          let answer = try JSONValue(parsing: try await patient.call("GetItem", body: Requests.get("things", id: id)))
          #expect(answer["Item"]?["value"]?["S"]?.text == "new")
        }
        await http.shutDown()
        try await cluster.waitUntilHealthy()
        #expect(try cluster.status("--checksums")["checksums"]?.text == "equal")
      }
    }

    /// The strong reads and writes, one of each for every id, that were answered; all are under way at once.
    private func answered(_ client: DynamoClient) async -> [String] {
      await withTaskGroup(of: String?.self) { group in
        for id in ids {
          group.addTask {
            let answer = try? await client.call("GetItem", body: Requests.get("things", id: id))
            return answer.map { "get \(id): \(String(decoding: $0, as: UTF8.self))" }
          }
          group.addTask {
            let answer = try? await client.call("PutItem", body: Requests.put("things", id: "m-\(id)", value: "lost"))
            return answer.map { _ in "put m-\(id)" }
          }
        }
        return await group.reduce(into: []) { found, answer in if let answer { found.append(answer) } }
      }
    }

    /// Shards whose leaders the coordinator does not reach are away for its clients, the others are there.
    @Test func aBatchOverShardsThatAreAwayLeavesTheirPartsUnprocessedAndTheyMayBeSentAgain() async throws {
      try await TestCluster.run { cluster in
        let http = HTTPClient()
        let client = DynamoClient(endpoint: try cluster.endpoint(), http: http, timeoutMs: 15_000)
        try await client.createTable(named: "things", request: Requests.createTable("things"))
        let node = try await cluster.nodeThatLeadsSomeShards()
        let ids = (0..<25).map { "b\($0)" }
        for id in ids { _ = try await client.call("PutItem", body: Requests.put("things", id: id, value: "old")) }
        for (from, to) in [("c1", node), (node, "c1")] {
          #expect(try cluster.cluster("isolate", "--from", from, "--to", to).code == 0)
        }
        // Both loops of the coordinator know it: what they do not send has no outcome to wonder about.
        try await cluster.waitForLog("link down peer=\(node) ", of: "c1", times: 2)
        async let reads = readBatch(ids, cluster, http)
        let (left, value) = try await putBatch(ids, cluster, http)
        let read = try await reads
        let found = read["Responses"]?["things"]?.elements?.count ?? 0
        let unread = read["UnprocessedKeys"]?["things"]?["Keys"]?.elements?.count ?? 0
        #expect(found > 0 && unread > 0 && found + unread == ids.count, "\(found) found, \(unread) unprocessed")
        #expect(!left.isEmpty && left.count < ids.count, "\(left.count) of \(ids.count) unprocessed")
        #expect(try cluster.cluster("heal").code == 0)
        func stored(_ id: String) async throws -> String? {
          let answer = try JSONValue(parsing: try await client.call("GetItem", body: Requests.get("things", id: id)))
          return answer["Item"]?["value"]?["S"]?.text
        }
        // What is called unprocessed was not done, and the rest was.
        for id in ids { #expect(try await (stored(id) == value) == !left.contains(id), "\(id)") }
        _ = try await client.call("BatchWriteItem", body: Requests.batchPut("things", ids: left.sorted(), value: value))
        for id in ids { #expect(try await stored(id) == value) }
        await http.shutDown()
      }
    }

    /// Nil where nothing is known of it, as may be where a busy machine leaves a request without an answer.
    private func batch(
      _ operation: String, _ body: [UInt8], _ cluster: TestCluster, _ http: HTTPClient
    ) async throws -> JSONValue? {
      let once = DynamoClient(endpoint: try cluster.endpoint(), http: http, retries: .none, timeoutMs: 15_000)
      do throws(CallError) {
        let answer = try await once.call(operation, body: body)
        return try? JSONValue(parsing: answer)
      } catch {
        guard ["InternalServerError", "ServiceUnavailable"].contains(error.code) else { throw error }
        return nil
      }
    }

    private func readBatch(_ ids: [String], _ cluster: TestCluster, _ http: HTTPClient) async throws -> JSONValue {
      for _ in 0..<10 {
        if let answer = try await batch("BatchGetItem", Requests.batchGet("things", ids: ids), cluster, http) {
          return answer
        }
      }
      throw Failure(text: "ten batches without an answer")
    }

    /// Puts until the outcome is known. Returns the ids left unprocessed, and the value of that attempt alone.
    private func putBatch(
      _ ids: [String], _ cluster: TestCluster, _ http: HTTPClient
    ) async throws -> (left: Set<String>, value: String) {
      for attempt in 0..<10 {
        let body = Requests.batchPut("things", ids: ids, value: "new\(attempt)")
        guard let answer = try await batch("BatchWriteItem", body, cluster, http) else { continue }
        let rest = answer["UnprocessedItems"]?["things"]?.elements ?? []
        return (Set(rest.compactMap { $0["PutRequest"]?["Item"]?["id"]?["S"]?.text }), "new\(attempt)")
      }
      throw Failure(text: "ten batches without a known outcome")
    }

    /// What nodes send does not reach the coordinator: a write arrives and its answer does not. The other way round it
    /// does not even arrive.
    @Test(arguments: [true, false])
    func aOneWayCutCutsOneWay(requestsArrive: Bool) async throws {
      try await TestCluster.run { cluster in
        let http = HTTPClient()
        let client = DynamoClient(endpoint: try cluster.endpoint(), http: http)
        let once = DynamoClient(endpoint: try cluster.endpoint(), http: http, retries: .none, timeoutMs: 15_000)
        try await client.createTable(named: "things", request: Requests.createTable("things"))
        for node in ["n1", "n2", "n3"] {
          let ends = requestsArrive ? [node, "c1"] : ["c1", node]
          #expect(try cluster.cluster("isolate", "--from", ends[0], "--to", ends[1]).code == 0)
        }
        await #expect(throws: CallError.self) {
          try await once.call("PutItem", body: Requests.put("things", id: "a", value: "x"))
        }
        #expect(try cluster.status()["faults"]?["isolated"]?.elements?.count == 3)
        #expect(try cluster.cluster("heal").code == 0)
        let answer = try JSONValue(parsing: try await client.call("GetItem", body: Requests.get("things", id: "a")))
        #expect((answer["Item"] != nil) == requestsArrive)
        await http.shutDown()
        try await cluster.waitUntilHealthy()
        #expect(try cluster.status("--checksums")["checksums"]?.text == "equal")
      }
    }

    /// Where only one end still knew, that end would enforce the cut; so both ends of one link start again.
    @Test func aPartitionOutlivesARestartOfBothEnds() async throws {
      try await TestCluster.run { cluster in
        let http = HTTPClient()
        let client = DynamoClient(endpoint: try cluster.endpoint(), http: http)
        try await client.createTable(named: "things", request: Requests.createTable("things"))
        #expect(try cluster.cluster("partition", "n1", "n2,n3").code == 0)
        for name in ["n1", "n2"] { #expect(try cluster.cluster("kill", name).code == 0) }
        for name in ["n1", "n2"] {
          let start = try cluster.cluster("start", name)
          #expect(start.code == 0 && start.output.contains("links of it are cut"), "\(start.errors)")
        }
        for index in 0..<20 {
          _ = try await client.call("PutItem", body: Requests.put("things", id: "k\(index)", value: "v"))
        }
        let links = #"gantry_transport_links{class="consensus"} "#
        #expect(try await cluster.metric(links, of: "n1", http) == 0)
        // One that n2 made and one that it took.
        #expect(try await cluster.metric(links, of: "n2", http) == 2)
        #expect(try cluster.cluster("heal").code == 0)
        await http.shutDown()
        try await cluster.waitUntilHealthy()
        #expect(try cluster.status("--checksums")["checksums"]?.text == "equal")
      }
    }

    @Test func aPausedProcessIsToldWhenItResumes() async throws {
      try await TestCluster.run { cluster in
        #expect(try cluster.cluster("partition", "n1", "n2,n3").code == 0)
        #expect(try cluster.cluster("pause", "n1").code == 0)
        let heal = try cluster.cluster("heal", "--json")
        #expect(heal.code == 0, "\(heal.errors)")
        #expect(try heal.json["paused"]?.elements?.compactMap(\.text) == ["n1"])
        #expect(try cluster.cluster("resume", "n1").code == 0)
        try await cluster.waitUntilHealthy()
        #expect(try cluster.status("--checksums")["checksums"]?.text == "equal")
      }
    }

    @Test func faultsWorkWithoutASupervisor() async throws {
      try await TestCluster.run { cluster in
        let supervisor = Int32(try #require(try cluster.description()["supervisor"]?["pid"]?.integer))
        kill(supervisor, SIGKILL)
        while TestCluster.isAlive(supervisor) { usleep(1_000) }
        #expect(try cluster.cluster("pause", "n1").code == 0)
        #expect(try cluster.cluster("partition", "n1", "n2,n3").output.contains("n1 is paused"))
        #expect(try cluster.cluster("resume", "n1").code == 0)
        #expect(try cluster.cluster("stop", "n1").output.contains("has stopped"))
        #expect(try cluster.cluster("start", "n1").output.contains("links of it are cut"))
        #expect(try cluster.cluster("heal").code == 0)
        try await cluster.waitUntilHealthy()
        #expect(try cluster.status("--checksums")["checksums"]?.text == "equal")
      }
    }

    /// Only the coordinator is told, as while every node is paused.
    @Test func aCoordinatorCutsItsLinksWithoutTheHelpOfNodes() async throws {
      try await TestCluster.run { cluster in
        let http = HTTPClient()
        let client = DynamoClient(endpoint: try cluster.endpoint(), http: http)
        let once = DynamoClient(endpoint: try cluster.endpoint(), http: http, retries: .none, timeoutMs: 15_000)
        try await client.createTable(named: "things", request: Requests.createTable("things"))
        let cuts = ["n1", "n2", "n3"].map { #"{"peer":"\#($0)","direction":"sending","cut":true}"# }
        for (orders, arrives) in [(cuts.joined(separator: ","), false), ("", true)] {
          let body = Requests.bytes(#"{"faults":[\#(orders)]}"#)
          #expect(try await http.post("/faults", body: body, to: try cluster.admin(of: "c1")).status == 200)
          let put = Requests.put("things", id: "\(arrives)", value: "x")
          if arrives {
            _ = try await client.call("PutItem", body: put)
          } else {
            await #expect(throws: CallError.self) { try await once.call("PutItem", body: put) }
          }
        }
        let lost = try await client.call("GetItem", body: Requests.get("things", id: "false"))
        #expect(try JSONValue(parsing: lost)["Item"] == nil)
        await http.shutDown()
      }
    }

    @Test func aProcessRefusesOrdersThatItCannotRead() async throws {
      try await TestCluster.run { cluster in
        let http = HTTPClient()
        for name in ["n1", "c1"] {
          let admin = try cluster.admin(of: name)
          for body in ["", "{}", #"{"peer":"n2","direction":"up"}"#, #"{"faults":[{"cut":true}]}"#] {
            let response = try await http.post("/faults", body: Requests.bytes(body), to: admin)
            #expect(response.status == 400, "\(name): \(body)")
          }
          let order = #"{"peer":"n2","delayMs":1}"#
          #expect(try await http.post("/faults", body: Requests.bytes(order), to: admin).status == 200)
        }
        await http.shutDown()
      }
    }

    @Test func wrongUsageIsExitCodeTwoAndChangesNothing() async throws {
      try await TestCluster.run { cluster in
        for arguments in [
          ["partition", "n1,n2"], ["partition", "n1", "n1,n2"], ["partition", "n1", "n8"], ["isolate", "--from", "n1"],
          ["isolate", "--from", "n1", "--to", "n1"], ["isolate", "--from", "x9", "--to", "n1"], ["pause", "n9"],
          ["resume"],
        ] {
          let run = try TestCluster.gantry(["cluster"] + arguments + ["--data", cluster.data])
          #expect(run.code == 2, "\(arguments): \(run.errors)")
          #expect(run.output.isEmpty && !run.errors.isEmpty)
        }
        let faults = try cluster.description()["faults"]
        #expect(faults?["partition"]?.elements?.isEmpty == true && faults?["isolated"]?.elements?.isEmpty == true)
        for command in ["pause", "resume", "partition", "isolate", "heal"] {
          let help = try TestCluster.gantry("cluster", command, "--help")
          #expect(help.code == 0 && help.output.contains("gantry cluster \(command)"))
        }
      }
    }
  }
}

extension TestCluster {
  /// A node that leads some shards and not all. Where one leads them all it is killed and started again, so that the
  /// others take over.
  func nodeThatLeadsSomeShards() async throws -> String {
    for _ in 0..<20 {
      try await waitUntilHealthy()
      let nodes = Set(try leaders().values).sorted()
      // Not the one that tells coordinators of tables.
      let teller = try status()["metadata"]?["leader"]?.text
      if nodes.count > 1, let node = nodes.first(where: { $0 != teller }) { return node }
      for verb in ["kill", "start"] { try #require(try cluster(verb, nodes[0]).code == 0) }
    }
    throw Failure(text: "one node leads all shards, again and again")
  }
}
