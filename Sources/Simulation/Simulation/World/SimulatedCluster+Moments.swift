import Environment
import Messages
import Node
import Raft
import Replicas
import SimulatedDisk

/// Ends of processes at the moments that matter: when something has been said and is not on the disk yet, and between two
/// changes of a disk that belong together.
extension SimulatedCluster {
  /// The process ends after so many changes of its disk from now on, or from its next change of a name, wherever it is
  /// then: also while it starts.
  func dies(_ id: NodeID, afterChanges count: Int, fromRename: Bool, losesPower: Bool) {
    machine(id).stopsWithPower = losesPower
    machine(id).disk.stop(afterChanges: count, fromRename: fromRename)
  }

  /// Takes back an order of ``dies(_:afterChanges:fromRename:losesPower:)`` that has not been obeyed yet.
  func livesOn(_ id: NodeID) { machine(id).disk.forgetStop() }

  /// Whether the disk has stopped, and with it the process or the whole machine.
  func hasStopped(_ machine: SimulatedMachine) -> Bool {
    guard machine.disk.isStopped else { return false }
    if machine.stopsWithPower { crash(machine.id) } else { kill(machine.id) }
    return true
  }

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
