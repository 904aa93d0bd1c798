import Client
import Foundation
import Items
import Testing

extension RealProcesses {
  /// Two regions under conflicting writes, while something is wrong between them.
  ///
  /// After each trial every region holds equal items, by a digest of each table that does not depend on their order; no
  /// acknowledged write is gone unless a newer one won; and what won is what the rule says, by the recorded history.
  @Suite(.serialized) struct RegionTrials {
    /// How long each fault lasts: two seconds, and a minute where somebody wants to know.
    private static let seconds =
      ProcessInfo.processInfo.environment["GANTRY_REGION_SECONDS"].flatMap { Int($0) } ?? 2
    /// For trials of two seconds. The machine may be busy.
    private static let acknowledgedMin = 20

    private struct Trial {
      var name: String
      /// What is done, held, and undone.
      var begin: [[String]]
      var end: [[String]]
      var clockOffMs = 0
    }

    private static let trials = [
      Trial(name: "cut", begin: [["partition", "us-east-1", "eu-west-1"]], end: [["heal"]]),
      Trial(name: "one-way", begin: [["isolate", "--from", "us-n1", "--to", "eu-n1"]], end: [["heal"]]),
      Trial(
        name: "killed", begin: [["kill", "eu-n1"], ["kill", "eu-c1"]], end: [["start", "eu-n1"], ["start", "eu-c1"]]),
      Trial(name: "paused", begin: [["pause-replication", "--table", "things"]], end: [["resume-replication"]]),
      Trial(
        name: "far",
        begin: [
          ["delay", "us-east-1", "eu-west-1", "--ms", "50"], ["loss", "us-east-1", "eu-west-1", "--percent", "2"],
        ], end: []),
      // The links stay far and lossy: what is written now must arrive over such links.
      Trial(
        name: "clocks",
        begin: [["clock", "us-east-1", "--offset-ms", "500"], ["partition", "us-east-1", "eu-west-1"]],
        end: [["heal"]], clockOffMs: 500),
    ]

    @Test func regionsEndUpEqualAndTheRightWriteStaysWhateverWasWrongBetweenThem() async throws {
      try await TestCluster.run(topology: "global-small") { cluster in
        let http = HTTPClient()
        let table = try await ReplicatedTable(cluster, http)
        let clients = try [("us-c1", "us-east-1"), ("eu-c1", "eu-west-1")].map { name, region in
          DynamoClient(endpoint: try cluster.endpoint(of: name), region: region, http: http, retries: .none)
        }
        for trial in Self.trials {
          let load = RegionTrialLoad(trial.name, clients)
          load.clocksAreOff(byMs: trial.clockOffMs)
          try await Self.run(trial, load, cluster)
          let equalAfter = try await Self.waitUntilEqual(cluster)
          let (here, there) = (try await table.items(table.us), try await table.items(table.eu))
          #expect(here == there, "\(trial.name): the items differ though the digests do not")
          #expect(load.faults(here) == [], "\(trial.name)")
          print("regions \(trial.name): \(load.acknowledged) writes acknowledged, equal after \(equalAfter)")
        }
        await http.shutDown()
      }
    }

    private static func run(_ trial: Trial, _ load: RegionTrialLoad, _ cluster: TestCluster) async throws {
      async let done: Void = load.run()
      do {
        for arguments in trial.begin { try command(arguments, cluster) }
        try await Task.sleep(for: .seconds(seconds))
        try await waitForWrites(trial, load)
        for arguments in trial.end { try command(arguments, cluster) }
      } catch {
        load.stop()
        await done
        throw error
      }
      load.stop()
      await done
    }

    /// A thin load proves nothing. A region that is dead acknowledges nothing meanwhile.
    private static func waitForWrites(_ trial: Trial, _ load: RegionTrialLoad) async throws {
      let deadline = ContinuousClock.now + .seconds(60)
      let regions = trial.name == "killed" ? [0] : [0, 1]
      while regions.contains(where: { load.acknowledged[$0] < acknowledgedMin }) {
        guard ContinuousClock.now < deadline else { throw Failure(text: "too few writes: \(load.acknowledged)") }
        try await Task.sleep(for: .milliseconds(20))
      }
    }

    private static func command(_ arguments: [String], _ cluster: TestCluster) throws {
      let run = try TestCluster.gantry(["cluster"] + arguments + ["--data", cluster.data])
      guard run.code == 0 else { throw Failure(text: "\(arguments): \(run.errors)") }
    }

    /// Nothing waits in either region, and the sums of both are the same.
    private static func waitUntilEqual(_ cluster: TestCluster) async throws -> Duration {
      let start = ContinuousClock.now
      while true {
        let waiting = try cluster.status()["replication"]?.elements ?? []
        if waiting.count == 2, waiting.allSatisfy({ $0["pendingChanges"]?.integer == 0 }) {
          let tables = try cluster.status("--checksums")["tables"]?.elements ?? []
          if tables.count == 1, tables[0]["equal"]?.bool == true { return ContinuousClock.now - start }
        }
        guard ContinuousClock.now - start < .seconds(60) else {
          throw Failure(
            text:
              "regions are not equal: \(try TestCluster.gantry(["cluster", "status", "--data", cluster.data]).output)")
        }
        try await Task.sleep(for: .milliseconds(50))
      }
    }
  }
}
