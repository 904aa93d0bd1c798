import Items
import Testing

@testable import Supervisor

private func report(_ name: String, _ groups: [String]) -> NodeReport? {
  NodeReport(Array(#"{"name":"\#(name)","groups":[\#(groups.joined(separator: ","))]}"#.utf8))
}

private func group(
  _ id: Int, _ role: String, term: Int, checksum: String = "null", at index: String = "null"
) -> String {
  #"{"id":\#(id),"range":["0000000000000000","ffffffffffffffff"],"role":"\#(role)","leader":1,"term":\#(term),"#
    + #""appliedIndex":9,"commitIndex":9,"logIndex":10,"healthy":true,"checksum":\#(checksum),"checksumIndex":\#(index)}"#
}

@Suite struct StatusTests {
  @Test func reportsOfOneShardBecomeOneEntryWithTheLaterLeader() throws {
    let reports = try [
      #require(report("n1", [group(1, "leader", term: 3)])), #require(report("n2", [group(1, "leader", term: 4)])),
    ]
    let shards = ClusterStatus.Shard.merged(reports, silent: ["n3"], everyNodeHasAll: true)
    let shard = try #require(shards.first)
    #expect(shards.count == 1)
    #expect(shard.leader == "n2" && shard.term == 4)
    #expect(shard.replicas.map(\.node) == ["n1", "n2", "n3"])
    #expect(shard.replicas.map(\.role) == ["leader", "leader", "unknown"])
    #expect(shard.range?.last == "ffffffffffffffff")
  }

  @Test func withoutALeaderThereIsNone() throws {
    let shards = ClusterStatus.Shard.merged(
      [try #require(report("n1", [group(1, "candidate", term: 5)]))], silent: [], everyNodeHasAll: true)
    #expect(shards[0].leader == nil && shards[0].term == 5)
  }

  @Test(arguments: [
    (["\"aa\"", "\"aa\""], ["7", "7"], ClusterStatus.Agreement.equal), (["\"aa\"", "\"bb\""], ["7", "7"], .unequal),
    (["\"aa\"", "null"], ["7", "null"], .incomplete), (["\"aa\"", "\"aa\""], ["7", "6"], .incomplete),
    (["\"aa\"", "\"aa\""], ["8", "8"], .equal), (["\"aa\"", "\"bb\""], ["8", "7"], .incomplete),
  ])
  func sumsAreComparedOnlyAtOneIndex(sums: [String], indexes: [String], expected: ClusterStatus.Agreement) throws {
    let reports = try zip(sums, indexes).enumerated().map { index, sum in
      try #require(report("n\(index)", [group(1, "follower", term: 1, checksum: sum.0, at: sum.1)]))
    }
    let shard = try #require(ClusterStatus.Shard.merged(reports, silent: ["n9"], everyNodeHasAll: true).first)
    #expect(shard.agreement(at: 7) == expected)
  }

  @Test func oneUnequalShardIsAFindingWhateverTheOthersSay() {
    #expect(StatusReader.overall([.equal, .unequal, .incomplete]) == .unequal)
    #expect(StatusReader.overall([.equal, .incomplete]) == .incomplete)
    #expect(StatusReader.overall([.equal, .equal]) == .equal)
    #expect(StatusReader.overall([]) == .incomplete)
  }

  /// A node that waits for the others says so once, not for each of its shards.
  @Test func whyAReplicaIsNotHealthyIsSaid() {
    func status(_ reasons: [String?]) -> String {
      let process = DescribedProcess(
        name: "n1", role: .node, node: 1, identity: nil, address: "", admin: "", dataDir: "")
      let groups = reasons.enumerated().map { id, reason in
        let replica = ClusterStatus.Replica(
          node: "n1", role: "follower", appliedIndex: 0, logIndex: 0, reason: reason)
        return ClusterStatus.Shard(id: id, range: nil, leader: nil, term: 0, replicas: [replica])
      }
      return ClusterStatus(
        cluster: "c", regions: [.init(name: "r", endpoint: "e", groups: groups)],
        processes: [.init(described: process, region: "r", state: .up, isReady: true)]
      ).text
    }
    #expect(status(["It waits.", "It waits."]).hasSuffix("is not healthy.\nn1: It waits.\n"))
    #expect(status([nil, "Its log is lost."]).hasSuffix("is not healthy.\nn1, shard 1: Its log is lost.\n"))
    #expect(status([nil, nil]).hasSuffix("is not healthy.\n"))
  }

  /// It could be waited for until the node is there again.
  @Test func aDeadNodeWithTheOnlyCopiesIsNeitherDrainedNorReplaced() {
    func refusal(_ state: ProcessState, copies: [String]) -> String? {
      let process = DescribedProcess(
        name: "n1", role: .node, node: 1, identity: nil, address: "", admin: "", dataDir: "")
      let replicas = copies.map { ClusterStatus.Replica(node: $0, role: "follower") }
      let status = ClusterStatus(
        cluster: "c",
        regions: [
          .init(
            name: "r", endpoint: "e",
            groups: [ClusterStatus.Shard(id: 1, range: nil, leader: nil, term: 0, replicas: replicas)])
        ], processes: [.init(described: process, region: "r", state: state, isReady: nil)])
      do { try MemberChange.checkCopies(of: "n1", in: status, status.regions.first) } catch { return "\(error)" }
      return nil
    }
    #expect(refusal(.down, copies: ["n2"])?.hasPrefix("n1 is down and has the only copy") == true)
    #expect(refusal(.up, copies: ["n2"]) == nil)
    #expect(refusal(.down, copies: ["n1", "n2", "n3"]) == nil)
  }

  @Test func whatWaitsForOtherRegionsIsSummedUpOverNodes() throws {
    func lag(_ table: String, _ to: String, _ rest: String, from: String = "a") throws -> ReplicationLag {
      let text = #"{"table":"\#(table)","to":"\#(to)",\#(rest)}"#
      return try #require(ReplicationLag(try JSONValue(parsing: Array(text.utf8)), from: from))
    }
    let none = #""pendingChanges":0,"pendingBytes":0,"oldestMs":0,"latencyP50Ms":null,"latencyP99Ms":null"#
    let lags = [
      try lag("t", "b", #""pendingChanges":3,"pendingBytes":30,"oldestMs":7,"latencyP50Ms":1.5,"latencyP99Ms":4"#),
      try lag("t", "b", #""pendingChanges":2,"pendingBytes":20,"oldestMs":9,"latencyP50Ms":1,"latencyP99Ms":8.25"#),
      try lag("s", "a", none, from: "b"),
    ]
    let merged = ReplicationLag.merged(lags, pauses: [ReplicationPause(table: nil, from: "b", to: "a")])
    #expect(merged.map(\.table) == ["s", "t"])
    #expect(merged[0].row == ["s", "b", "a", "0 (paused)", "0 ms", "-", "-"])
    #expect(merged[1].row == ["t", "a", "b", "5", "9 ms", "2 ms", "9 ms"])
    #expect(merged[1].json["latencyP99Ms"]?.double == 8.25 && merged[1].json["paused"]?.bool == false)
  }

  private func region(_ name: String, _ shards: [[ReplicatedTableDigest]]) -> ClusterStatus.Region {
    let groups = shards.enumerated().map { id, digests in
      let replica = ClusterStatus.Replica(node: "n", role: "leader", checksumIndex: 4, digests: digests)
      let older = ClusterStatus.Replica(node: "m", role: "follower", checksumIndex: 3, digests: [])
      return ClusterStatus.Shard(id: id + 1, range: nil, leader: "n", term: 1, replicas: [older, replica])
    }
    return .init(name: name, endpoint: "e", groups: groups)
  }

  @Test func regionsAreComparedByTheSumOverTheirShardsWhereverItemsLie() {
    func own(_ items: Int, _ sum: UInt64) -> ReplicatedTableDigest { .init(table: "t", items: items, sum: sum) }
    let one = region("a", [[own(1, 5)], [own(2, .max)]])
    let other = region("b", [[own(3, 4)]])
    let table = GlobalTable.all(in: [one, other]).first
    #expect(table?.isEqual == true && table?.text == "t: equal in all regions (items: a 3, b 3)")
    let different = GlobalTable.all(in: [one, region("b", [[own(3, 3)]])]).first
    #expect(different?.isEqual == false)
    #expect(GlobalTable.all(in: [one]).isEmpty)
  }

  @Test func regionsAreComparedAfterTheRulesBetweenThem() {
    let source = region(
      "a", [[.init(table: "t", items: 2, sum: 9), .init(table: "t", view: "b", items: 2, sum: 4)]])
    func table(_ sum: UInt64) -> GlobalTable? {
      GlobalTable.all(in: [region("b", [[.init(table: "t", items: 2, sum: sum)]]), source]).first
    }
    #expect(table(4)?.isEqual == true)
    #expect(table(9)?.isEqual == false)
  }

  @Test func columnsAreAsWideAsTheirLongestCell() {
    #expect(ClusterStatus.table(["A", "LONG"], [["xyz", "1"]]) == "A    LONG\nxyz  1\n")
  }
}
