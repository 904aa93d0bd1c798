import Environment
import Messages
import Node
import Raft
import Replicas

/// Power cuts at the moments that matter: when something has been said and is not on the disk yet.
extension SimulatedCluster {
  /// Whether a machine loses power when it has sent something next and not yet written what goes with it.
  func crashesAsItSends(_ id: NodeID, _ does: Bool) { machine(id).crashesAsItSends = does }

  /// Called when the messages of a turn have left. True where power has gone, and with it the rest of the turn.
  func losesPower(_ machine: SimulatedMachine, after effects: NodeEffects) -> Bool {
    let life = machine.life
    if let onVote, let candidate = votedFor(effects) { onVote(candidate) }
    if machine.crashesAsItSends, !effects.consensus.isEmpty, writesLog(effects, machine) { crash(machine.id) }
    return machine.life != life
  }

  private func votedFor(_ effects: NodeEffects) -> NodeID? {
    for (to, bytes) in effects.consensus {
      guard let frame = try? ConsensusFrame(bytes) else { continue }
      if frame.parts.contains(where: { $0.message.body == .voteAnswer(isGranted: true) }) { return to }
    }
    return nil
  }

  /// Whether something of this turn or one before is not on the disk yet.
  private func writesLog(_ effects: NodeEffects, _ machine: SimulatedMachine) -> Bool {
    effects.jobs.contains { $0.lane == .journal } || machine.jobs.values.contains { $0.lane == .journal }
  }
}
