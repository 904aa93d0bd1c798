import Catalog
import Environment
import Messages
import SimulatedDisk
import Testing

@testable import Node

/// The nodes of a cluster are upgraded one by one: what an earlier release cannot read is written when none runs it any more.
@Suite struct ReleaseTests {
  private static let older = NodeID(3)

  /// A cluster in which the third node runs an earlier release and leads nothing: it knows nothing of what is tested.
  private func cluster(_ change: (inout NodeConfiguration) -> Void = { _ in }) throws -> (TestCluster, TableID) {
    let cluster = TestCluster(change: change)
    cluster.protocolVersions[Self.older] = EntryVersions.rangeSums - 1
    try cluster.start()
    let table = try cluster.makeTable()
    cluster.pause(Self.older)
    #expect(cluster.run { cluster.leader(of: .metadata) != nil && cluster.leader(of: ShardID(1)) != nil })
    _ = cluster.resume(Self.older)
    #expect(cluster.ask(.write(try .count(table, "k")))?.isWritten == true)
    return (cluster, table)
  }

  private func scrubs(_ configuration: inout NodeConfiguration) {
    configuration.scrub = .init(interval: .seconds(1), pause: .milliseconds(10), bytesMax: 600)
  }

  private func ranges(_ cluster: TestCluster) -> UInt64 {
    cluster.nodes.reduce(0) { $0 + ($1.node?.scrubbed.ranges ?? 0) }
  }

  @Test func replicasAreComparedWhenEveryMemberReadsTheOrder() throws {
    let (cluster, _) = try cluster(scrubs)
    #expect(!cluster.run(ticks: 1_000) { ranges(cluster) > 0 })
    cluster.protocolVersions = [:]
    #expect(cluster.run(ticks: 1_000) { ranges(cluster) > 0 })
  }

  @Test func whoWasNotHeardOfMayRunAnyRelease() throws {
    let (cluster, table) = try cluster(scrubs)
    let absent = cluster[Self.older]
    absent.kill()
    cluster.protocolVersions = [:]
    for node in cluster.nodes { node.node?.protocolVersions = [:] }
    #expect(cluster.ask(.write(try .count(table, "k")))?.isWritten == true)
    #expect(!cluster.run(ticks: 1_000) { ranges(cluster) > 0 })
    try absent.start(seed: 9)
    #expect(cluster.run(ticks: 1_500) { ranges(cluster) > 0 })
  }

  @Test func membersChangeWhenEveryNodeReadsThem() throws {
    let (cluster, _) = try cluster()
    let node = cluster.addNode()
    try node.start(seed: 4)
    let member = Member(node: node.id, name: "n4", address: "n4:1")
    guard case .refused(.failed(let reason))? = ask(cluster, .add(member)) else {
      Issue.record("The change was not refused.")
      return
    }
    #expect(reason.hasPrefix("n3 runs an earlier release"))
    #expect(cluster.nodes.allSatisfy { $0.node?.members == nil })
    // It may be the one that goes.
    #expect(ask(cluster, .replace(Self.older, by: member)) == .catalogOutcome(CatalogOutcome.done.encode()))
  }

  private func ask(_ cluster: TestCluster, _ request: MemberRequest) -> Answer? {
    cluster.ask(.changeMembers(request.encode()), shard: .metadata)
  }
}
