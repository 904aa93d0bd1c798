import Client
import Environment
import Foundation
import Items
import Testing

extension RealProcesses {
  @Suite(.serialized) struct Damages {
    /// By hand: `GANTRY_DAMAGES=50`.
    static let rounds = ProcessInfo.processInfo.environment["GANTRY_DAMAGES"].flatMap { Int($0) } ?? 5

    /// What became of a damage.
    private enum Outcome: String {
      /// The node found it, and every replica that it may concern got a successor.
      case found
      /// Nothing that is needed lay there: the node's own code, on a copy of the log, reads the same as before; or a sum
      /// over all rows, which reads every page in use and checks it, is that of the other nodes.
      case harmless
    }

    /// After each a node is killed, a bit flipped or a file cut on its disk, and the node started: no read is wrong, the
    /// node is whole again, and all replicas are equal.
    @Test func aDamagedFileIsFoundOrHarmlessAndNeverServed() async throws {
      let settings = "{journalSegmentBytes: 4194304, journalBytesMax: 16777216, overlayBytesMax: 16777216}"
      try await TestCluster.run(nodeSettings: settings) { cluster in
        var run = try await Run(cluster)
        var outcomes: [String: Int] = [:]
        for round in 0..<Self.rounds {
          let (damage, outcome) = try await run.damage(round)
          outcomes["\(damage.kind.rawValue) \(damage.isCut ? "cut" : "flipped"): \(outcome.rawValue)", default: 0] += 1
        }
        let wrong = try await run.items.wrong(run.items.ids, run.client)
        #expect(wrong == [])
        let found = outcomes.filter { $0.key.hasSuffix("found") }.values.reduce(0, +)
        print(
          "damages: \(Self.rounds), found \(found), harmless \(Self.rounds - found), wrong reads \(run.wrong) of \(run.reads),"
            + " seed \(run.seed): \(outcomes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })")
        #expect(run.wrong == 0)
        // Damage that is never found proves nothing.
        #expect(found >= Self.rounds / 4)
        await run.http.shutDown()
      }
    }

    private struct Run {
      let cluster: TestCluster
      let http = HTTPClient()
      let client: DynamoClient
      let seed = UInt64.random(in: 1...1_000_000)
      var random: SeededRandom
      var items = StoredItems(table: "things")
      var reads = 0
      var wrong = 0

      /// Every shard has so many rows that some are in its database.
      init(_ cluster: TestCluster) async throws {
        self.cluster = cluster
        random = SeededRandom(seed: seed)
        client = DynamoClient(endpoint: try cluster.endpoint(), http: http)
        try await client.createTable(named: "things", request: Requests.createTable("things"))
        let body = String(repeating: "x", count: 2_000)
        try await items.write((0..<4_500).map { ("k\($0)", "\($0)-\(body)") }, client)
      }

      mutating func damage(_ round: Int) async throws -> (Damage, Outcome) {
        try await write(round)
        let node = "n\(1 + random.below(3))"
        try cluster.order(.kill(node))
        let folder = cluster.data + "/\(node)/data"
        let damage = try Damage.choose(Damage.Kind.allCases[round % 4], in: folder, &random)
        let journal = try JournalContent(cluster, node)
        try damage.make()
        let after = try JournalContent(cluster, node)
        let changed = after.silentlyChanged(from: journal)
        #expect(changed == [], "\(damage) goes unnoticed.")
        try cluster.order(.start(node))
        try await read()
        try await cluster.waitUntilEqual()
        try await read()
        try await readEveryPage(of: node)
        try await cluster.waitUntilEqual()
        let sums = try cluster.status("--checksums")
        try #require(sums["checksums"]?.text == "equal", "\(damage)")
        let isFound = try await cluster.count("replicasLost", of: node, http) > 0
        if damage.kind == .journal { #expect(isFound == after.isDamaged, "\(damage)") }
        return (damage, isFound ? .found : .harmless)
      }

      /// Has the node sum up its rows, or find out that it cannot.
      private func readEveryPage(of node: String) async throws {
        var wanted: [Int: Int] = [:]
        for leader in ["n1", "n2", "n3"] {
          let answer = try await http.post("/checksum", body: [], to: try cluster.admin(of: leader)).body
          for sum in try JSONValue(parsing: answer)["proposed"]?.elements ?? [] {
            if let shard = sum["id"]?.integer, let index = sum["index"]?.integer { wanted[shard] = index }
          }
        }
        #expect(wanted.count == 6)
        let deadline = ContinuousClock.now + .seconds(60)
        while try await cluster.count("replicasLost", of: node, http) == 0 {
          let page = try JSONValue(parsing: try await http.get("/status", from: try cluster.admin(of: node)).body)
          let missing = (page["groups"]?.elements ?? []).filter { group in
            guard let index = group["id"]?.integer.flatMap({ wanted[$0] }) else { return false }
            return (group["checksumIndex"]?.integer ?? 0) < index
          }
          if missing.isEmpty { return }
          guard ContinuousClock.now < deadline else { throw Failure(text: "\(node) does not sum up its rows") }
          try await Task.sleep(for: .milliseconds(10))
        }
      }

      private mutating func write(_ round: Int) async throws {
        let ids = Set((0..<300).map { _ in "k\(random.below(4_500))" }).sorted()
        let body = String(repeating: "y", count: 300)
        try await items.write(ids.map { ($0, "\(round)-\($0)-\(body)") }, client)
      }

      private mutating func read() async throws {
        let ids = Set((0..<100).map { _ in "k\(random.below(4_500))" }).sorted()
        reads += ids.count
        let different = try await items.wrong(ids, client)
        wrong += different.count
        #expect(different == [])
      }
    }
  }
}
