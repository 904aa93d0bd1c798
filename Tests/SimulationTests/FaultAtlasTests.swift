import Environment
import Messages
import Node
import SimulatedDisk
import Testing

@testable import Simulation

@Suite struct FaultAtlasTests {
  /// Another machine may be damaged only when no fault is at work on the disk of the first one, however many there were.
  @Test func theEndOfOneDamageDoesNotMakeADiskWholeOnWhichAnotherIsAtWork() {
    let cluster = SimulatedCluster(options: SimulationOptions(seed: 1))
    let isUp = cluster.run(for: .seconds(12)) {
      cluster.nodeIDs.allSatisfy { cluster.node($0)?.status.contains { $0.leader != nil } == true }
    }
    #expect(isUp)
    let (spoilt, other) = (cluster.nodeIDs[0], cluster.nodeIDs[1])
    let atlas = FaultAtlas(cluster)
    #expect(atlas.claim(spoilt) && atlas.claim(spoilt))
    cluster.disk(spoilt).hazard = DiskHazard(.corruptReads, chance: 0, seed: 1)
    atlas.release(spoilt)
    #expect(!isWhole(spoilt, atlas, cluster, for: .seconds(2)) && !atlas.claim(other))
    cluster.disk(spoilt).hazard = nil
    #expect(isWhole(spoilt, atlas, cluster, for: .seconds(12)) && atlas.claim(other))
  }

  private func isWhole(_ id: NodeID, _ atlas: FaultAtlas, _ cluster: SimulatedCluster, for span: Span) -> Bool {
    cluster.run(for: span) {
      atlas.look()
      return atlas.damaged != id
    }
  }
}
