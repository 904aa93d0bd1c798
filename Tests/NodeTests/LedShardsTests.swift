import Messages
import Raft
import Replicas
import Testing

@testable import Node

/// What nodes keep of the shards that they lead.
@Suite struct LedShardsTests {
  /// The replicas of a node that leads all of its shards.
  private func led(shards: Int) throws -> [Replica] {
    let cluster = TestCluster(nodes: 1, shards: shards)
    try cluster.start()
    #expect(cluster.run { cluster.nodes[0].running.replicas.allSatisfy { $0.isServing } })
    return cluster.nodes[0].running.replicas.filter { $0.shard != nil }
  }

  @Test func statesStayAsTheyAreAndInTheOrderInWhichTheyCame() throws {
    let replicas = try led(shards: 3)
    try #require(replicas.count == 3)
    var led = LedShards<[String]>()
    for replica in replicas.reversed() { led[led.place(of: replica, new: ["new"])].append("changed") }
    led.keep(replicas) { _ in true }
    for replica in replicas { #expect(led[led.place(of: replica, new: [])] == ["new", "changed"]) }
    #expect(led.indices.map { led.group(at: $0) } == replicas.reversed().map(\.group))
  }

  @Test func aStateGoesWithItsWork() throws {
    let replicas = try led(shards: 3)
    try #require(replicas.count == 3)
    var led = LedShards<Int>()
    for (number, replica) in replicas.enumerated() { #expect(led.place(of: replica, new: number) == number) }
    led.keep(replicas) { $0 !== replicas[1] }
    #expect(Array(led) == [0, 2])
    #expect(led.state(of: replicas[1].group) == nil)
    #expect(led.place(of: replicas[1], new: 3) == 2)
    #expect(led.state(of: replicas[1].group) == 3)
  }

  @Test func aStateGoesWithItsTermAndWithLeadership() throws {
    let cluster = TestCluster()
    try cluster.start()
    #expect(cluster.run { cluster.leader(of: ShardID(1)) != nil })
    let leader = try #require(cluster.leader(of: ShardID(1)))
    let first = try #require(leader.running.replicas.first { $0.group == GroupID(ShardID(1)) })
    var led = LedShards<Int>()
    _ = led.place(of: first, new: 1)
    var later = led
    let follower = try #require(cluster.nodes.first { $0.id != leader.id })
    var followed = led
    followed.keep(follower.running.replicas) { _ in true }
    #expect(followed.isEmpty, "A follower's replica is of that term too.")

    leader.kill()
    #expect(cluster.run { cluster.leader(of: ShardID(1)).map { $0.id != leader.id } ?? false })
    let next = try #require(cluster.leader(of: ShardID(1)))
    later.keep(next.running.replicas) { _ in true }
    #expect(later.isEmpty, "Who leads now does so in another term.")
  }
}
