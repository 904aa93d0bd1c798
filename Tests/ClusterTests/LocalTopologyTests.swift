import Client
import Foundation
import Items
import Testing

extension RealProcesses {
  @Suite(.serialized) struct LocalTopology {
    private func count(_ client: DynamoClient) async throws -> Int {
      var (total, start) = (0, "")
      while true {
        let body = #"{"TableName":"ris-patient-tracking","Select":"COUNT","ConsistentRead":true\#(start)}"#
        let answer = try JSONValue(parsing: try await client.call("Scan", body: Requests.bytes(body)))
        total += answer["Count"]?.integer ?? 0
        guard let next = answer["LastEvaluatedKey"] else { return total }
        var writer = JSONWriter()
        writer.value(next)
        start = #","ExclusiveStartKey":\#(String(decoding: writer.bytes, as: UTF8.self))"#
      }
    }

    @Test func tableAndPatientsAreMadeOnce() async throws {
      try await TestCluster.run(topology: "local") { cluster in
        let http = HTTPClient()
        var client = DynamoClient(endpoint: try cluster.endpoint(), http: http)
        let total = try await count(client)
        #expect((1_900...2_100).contains(total), "\(total)")
        let query =
          #"{"TableName":"ris-patient-tracking","KeyConditionExpression":"PK = :p","ConsistentRead":true,"#
          + #""ExpressionAttributeValues":{":p":{"S":"PATIENT#p-000001"}}}"#
        let timeline = try JSONValue(parsing: try await client.call("Query", body: Requests.bytes(query)))
        let types = (timeline["Items"]?.elements ?? []).compactMap { $0["entityType"]?["S"]?.text }
        #expect(types.contains("PATIENT") && types.contains("ORDER"))

        let gone =
          #"{"TableName":"ris-patient-tracking","Key":{"PK":{"S":"PATIENT#p-000001"},"#
          + #""SK":{"S":"PATIENT#PROFILE"}}}"#
        _ = try await client.call("DeleteItem", body: Requests.bytes(gone))
        #expect(try cluster.cluster("down").code == 0)
        try cluster.up("local")
        client = DynamoClient(endpoint: try cluster.endpoint(), http: http)
        #expect(try await count(client) == total - 1)
        await http.shutDown()
      }
    }
  }
}
