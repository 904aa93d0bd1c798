import Client
import Foundation
import History
import Testing

extension RealProcesses {
  @Suite(.serialized) struct Histories {
    /// By hand: `GANTRY_HISTORY_OPERATIONS=200000`, as many faults as fit.
    static let operations =
      ProcessInfo.processInfo.environment["GANTRY_HISTORY_OPERATIONS"].flatMap { Int($0) } ?? 5_000

    @Test func historiesAreLinearizableWhileProcessesAreKilled() async throws {
      try await TestCluster.run { cluster in
        try await Self.expectLinearizable(cluster) { load in
          // At least two, with load before, between and after.
          repeat {
            try await load.waitForOperations(more: min(1_000, load.settings.operationsMin / 8))
            try await Self.killALeader(cluster, load)
            // What was under way has no outcome, and much of it happens.
            try cluster.order(.kill("c1"))
            try cluster.order(.start("c1"))
          } while load.answered < load.settings.operationsMin * 3 / 4
        }
      }
    }

    /// A leader paused for half a second to ten, cut off both ways and one way, cut from its coordinator only, stopped.
    @Test func historiesAreLinearizableWhileProcessesPauseAndLinksBreak() async throws {
      try await TestCluster.run { cluster in
        try await Self.expectLinearizable(cluster) { load in
          var pauses = [500, 2_000, 10_000, 1_000].makeIterator()
          repeat {
            for trouble in Trouble.allCases {
              try await load.waitForOperations(more: min(500, load.settings.operationsMin / 12))
              let leader = try Self.busiestLeader(cluster)
              // In a small run the shortest pause only.
              let pauseMs = Self.operations > 5_000 ? pauses.next() ?? 500 : 700
              try await Self.make(trouble, of: leader, pauseMs: pauseMs, cluster)
              try await cluster.waitUntilHealthy()
            }
          } while load.answered < load.settings.operationsMin * 3 / 4
        }
      }
    }

    private enum Trouble: CaseIterable { case pause, cutOff, cutOneWay, cutFromCoordinator, restart }

    private static func make(
      _ trouble: Trouble, of leader: String, pauseMs: Int, _ cluster: TestCluster
    ) async throws {
      let others = ["n1", "n2", "n3"].filter { $0 != leader }
      switch trouble {
      case .pause:
        try cluster.order(.pause(leader))
        try await Task.sleep(for: .milliseconds(pauseMs))
        try cluster.order(.resume(leader))
      case .cutOff:
        try cluster.order(.partition([leader, others.joined(separator: ",")]))
        try await cluster.waitForOthersToLead(insteadOf: leader, count: 1, atLeast: true)
        try cluster.order(.heal)
      case .cutOneWay:
        for other in others { try cluster.order(.isolate(from: leader, to: other)) }
        try await cluster.waitForOthersToLead(insteadOf: leader, count: 1, atLeast: true)
        try cluster.order(.heal)
      case .cutFromCoordinator:
        try cluster.order(.partition([leader, "c1"]))
        try await Task.sleep(for: .milliseconds(pauseMs))
        try cluster.order(.heal)
      case .restart:
        try cluster.order(.stop(leader))
        try cluster.order(.start(leader))
      }
    }

    private static func busiestLeader(_ cluster: TestCluster) throws -> String {
      let counts = Dictionary(grouping: try cluster.leaders().values, by: \.self).mapValues(\.count)
      return try #require(counts.max { ($0.value, $0.key) < ($1.value, $1.key) }).key
    }

    /// Kills the node that leads most shards, and starts it again after others took over and load went on.
    private static func killALeader(_ cluster: TestCluster, _ load: HistoryLoad) async throws {
      let leaders = try cluster.leaders()
      let most = try busiestLeader(cluster)
      try cluster.order(.kill(most))
      try await cluster.waitForOthersToLead(insteadOf: most, count: leaders.count)
      try await load.waitForOperations(more: min(500, load.settings.operationsMin / 8))
      try cluster.order(.start(most))
      try await cluster.waitUntilHealthy()
    }

    /// Runs a load while `schedule` runs, and judges what its clients were told.
    static func expectLinearizable(
      _ cluster: TestCluster, schedule: (HistoryLoad) async throws -> Void
    ) async throws {
      let http = HTTPClient()
      let endpoint = try cluster.endpoint()
      try await DynamoClient(endpoint: endpoint, http: http)
        .createTable(named: HistoryLoad.table, request: Requests.createTable(HistoryLoad.table))
      var settings = HistoryLoad.Settings()
      settings.operationsMin = operations
      settings.seed = UInt64.random(in: 1...1_000_000)
      let load = HistoryLoad([endpoint], http: http, settings: settings)
      async let run: Void = load.run()
      do {
        try await schedule(load)
        load.stop()
      } catch {
        load.giveUp(error)
      }
      let result: Result<Void, any Error>
      do {
        result = .success(try await run)
      } catch {
        result = .failure(error)
      }
      await http.shutDown()
      try result.get()
      try judge(load)
    }

    private static func judge(_ load: HistoryLoad) throws {
      let history = load.history()
      let verdict = try LinearizabilityChecker().check(history)
      let failed = history.filter { $0.outcome == .fail }.count
      print("histories: \(verdict), \(failed) without effect")
      // A thinner history would prove less than the name says.
      try #require(verdict.operations - verdict.unknown >= load.settings.operationsMin)
      if !verdict.isLinearizable {
        Issue.record("\(verdict)\nthe history is in \(try keep(history))")
      }
    }

    /// Writes a history to a file, for a person to look at.
    private static func keep(_ history: [HistoryEntry]) throws -> String {
      var writer = HistoryWriter()
      for entry in history { writer.append(entry) }
      let file = FileManager.default.temporaryDirectory.appending(path: "gantry-history-\(UUID().uuidString).jsonl")
      try Data(writer.take()).write(to: file)
      return file.path()
    }
  }
}
