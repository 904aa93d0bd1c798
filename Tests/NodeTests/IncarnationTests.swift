import Environment
import Messages
import Raft
import Replicas
import SimulatedDisk
import Testing

@testable import Node

/// An incarnation is raised and on disk before a process says anything, so that others can tell an old copy of its data.
@Suite struct IncarnationTests {
  @Test(arguments: [true, false]) func everyStartRaisesItForGood(isPowerCut: Bool) throws {
    let node = TestNode()
    var last: UInt64 = 0
    for round in UInt64(1)...5 {
      try node.start()
      #expect(node.running.incarnation > last)
      last = node.running.incarnation
      var random = SeededRandom(seed: round)
      if isPowerCut { node.crash(&random) } else { node.kill() }
    }
  }

  @Test func aNodeWithoutDataHasNone() throws {
    let node = TestNode(TestNode.configuration(node: 1, of: 3))
    try node.start()
    #expect(node.running.incarnation == 0)
    node.formAlone()
    #expect(node.running.incarnation == 1)
  }

  /// What an earlier release wrote: cluster, node, layout.
  @Test func anIdentityOfFormat1IsReadAndUpgraded() throws {
    let node = TestNode()
    try node.start()
    node.kill()
    let earlier = TestNode.identityOfFormat1
    let file = try node.disk.open("/data/identity", create: false)
    try file.truncate(to: 0)
    try earlier.withUnsafeBytes { bytes in try file.write(bytes, at: 0) }
    file.close()
    try node.start()
    #expect(node.running.incarnation == 1)
    #expect(node.running.damage.isEmpty)
    #expect(node.replicaID(GroupID(1)) == ReplicaID(node: NodeID(1)))
    node.kill()
    try node.start()
    #expect(node.running.incarnation == 2)
  }

  private func member() throws -> TestNode {
    let node = TestNode(TestNode.configuration(node: 1, of: 3))
    try node.start()
    node.formAlone()
    return node
  }

  @Test func anIncarnationBelowOneThatWasSeenIsRefused() throws {
    let node = try member()
    #expect(node.running.admit(NodeID(2), incarnation: 5, start: 1) == nil)
    #expect(node.running.admit(NodeID(2), incarnation: 4, start: 2)?.contains("old copy") == true)
    #expect(node.running.admit(NodeID(2), incarnation: 6, start: 3) == nil)
    #expect(node.running.admit(NodeID(3), incarnation: 4, start: 2) == nil, "Each node has its own.")
  }

  @Test func twoProcessesOfOneIncarnationAreToldApart() throws {
    let node = try member()
    #expect(node.running.admit(NodeID(2), incarnation: 5, start: 1) == nil)
    #expect(node.running.admit(NodeID(2), incarnation: 5, start: 1) == nil, "Its next connection.")
    #expect(node.running.admit(NodeID(2), incarnation: 5, start: 2) != nil)
  }

  @Test func aProcessWithoutDataIsAlwaysAdmitted() throws {
    let node = try member()
    #expect(node.running.admit(NodeID(2), incarnation: 5, start: 1) == nil)
    #expect(node.running.admit(NodeID(2), incarnation: 0, start: 2) == nil)
    #expect(node.running.admit(NodeID(2), incarnation: 4, start: 2) != nil, "It takes nothing back.")
  }

  @Test func whatWasSeenOutlivesAPowerCut() throws {
    let node = try member()
    #expect(node.running.admit(NodeID(2), incarnation: 5, start: 1) == nil)
    node.turn()
    node.runJobs()
    var random = SeededRandom(seed: 1)
    node.crash(&random)
    try node.start()
    #expect(node.running.admit(NodeID(2), incarnation: 4, start: 1) != nil)
    #expect(node.running.admit(NodeID(2), incarnation: 5, start: 9) == nil, "The process may be the same as then.")
  }

  /// A copy of the directory comes back after the node went on without it.
  @Test func aRestoredOldDirectoryIsRefused() throws {
    let (node, other) = (try member(), TestNode(TestNode.configuration(node: 2, of: 3)))
    try other.start()
    other.formAlone()
    other.kill()
    let copy = other.disk.copy()
    for start in UInt64(1)...2 {
      try other.start()
      #expect(node.running.admit(NodeID(2), incarnation: other.running.incarnation, start: start) == nil)
      other.kill()
    }
    other.replaceDisk(by: copy)
    try other.start()
    #expect(node.running.admit(NodeID(2), incarnation: other.running.incarnation, start: 3) != nil)
    #expect(NodeFailure.oldCopy(other.configuration).description.contains("/data"))
  }
}
