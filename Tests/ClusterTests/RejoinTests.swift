import Client
import Foundation
import Items
import Testing

extension RealProcesses {
  @Suite(.serialized) struct Rejoining {
    /// A node that was away for a short while finds what it lacks in its leaders' logs. One that was away for longer than
    /// the log reaches back is sent the state.
    @Test func aNodeRejoinsByLogAndAfterALongAbsenceBySnapshot() async throws {
      let settings = "{journalSegmentBytes: 4194304, journalBytesMax: 16777216}"
      try await TestCluster.run(nodeSettings: settings) { cluster in
        let http = HTTPClient()
        let client = DynamoClient(endpoint: try cluster.endpoint(), http: http)
        try await client.createTable(named: "things", request: Requests.createTable("things"))
        var items = StoredItems(table: "things")
        try await items.write((0..<100).map { ("k\($0)", "before") }, client)

        try cluster.order(.kill("n3"))
        try await items.write((50..<150).map { ("k\($0)", "meanwhile") }, client)
        try cluster.order(.start("n3"))
        try await cluster.waitUntilEqual()
        #expect(try cluster.status("--checksums")["checksums"]?.text == "equal")
        #expect(try await cluster.count("snapshotsInstalled", of: "n3", http) == 0)

        try cluster.order(.kill("n3"))
        let body = String(repeating: "x", count: 40_000)
        try await items.write((0..<900).map { ("k\($0)", "\($0)-\(body)") }, client)
        try await Self.waitForDroppedLogs(cluster, http)
        try cluster.order(.start("n3"))
        try await cluster.waitUntilEqual()
        let installed = try await cluster.count("snapshotsInstalled", of: "n3", http)
        var served = 0
        for node in ["n1", "n2"] { served += try await cluster.count("snapshotsServed", of: node, http) }
        print("rejoined: \(installed) of 7 groups by snapshot, \(served) served")
        #expect(installed >= 1 && served >= installed)
        #expect(try cluster.status("--checksums")["checksums"]?.text == "equal")
        let metric = "gantry_snapshots_installed_total "
        while try await cluster.metric(metric, of: "n3", http) < Double(installed) {
          try await Task.sleep(for: .milliseconds(50))
        }

        // A majority has the node in it.
        try cluster.order(.kill("n1"))
        #expect(try await items.wrong(items.ids, client) == [])
        await http.shutDown()
      }
    }

    /// Until the others keep no more log than they may.
    private static func waitForDroppedLogs(_ cluster: TestCluster, _ http: HTTPClient) async throws {
      let deadline = ContinuousClock.now + .seconds(60)
      for node in ["n1", "n2"] {
        while try await cluster.metric("gantry_journal_bytes ", of: node, http) > 20_971_520 {
          guard ContinuousClock.now < deadline else { throw Failure(text: "\(node) drops no log") }
          try await Task.sleep(for: .milliseconds(50))
        }
      }
    }
  }
}
