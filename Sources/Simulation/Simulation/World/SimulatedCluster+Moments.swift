import Environment
import Messages
import Node
import Raft
import Replicas
import SimulatedDisk

/// A message of consensus on its way.
struct SentMessage {
  var from: NodeID
  var to: NodeID
  var part: ConsensusFrame.Part

  /// Whether it gives its receiver a vote.
  var isVote: Bool { part.message.body == .voteAnswer(isGranted: true) }
}

/// Ends of processes at the moments that matter: when something has been said and is not on the disk yet, and between two
/// changes of a disk that belong together.
extension SimulatedCluster {
  /// The process ends after so many changes of its disk from now on, or from when a file next gets a name with that end,
  /// wherever it is then: also while it starts.
  func dies(_ id: NodeID, afterChanges count: Int, fromRenamingTo end: String?, losesPower: Bool) {
    let machine = machine(id)
    machine.stopsWithPower = losesPower
    if let end {
      machine.disk.stop(afterChanges: count, fromRenamingTo: end)
    } else {
      machine.disk.stop(afterChanges: count)
    }
  }

  /// Takes back an order of ``dies(_:afterChanges:fromRenamingTo:losesPower:)`` that has not been obeyed yet.
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
    if !watchers.isEmpty { showMessages(of: effects, from: machine.id) }
    if machine.crashesAsItSends, !effects.consensus.isEmpty, writesLog(effects, machine) { crash(machine.id) }
    return machine.life != life
  }

  private func showMessages(of effects: NodeEffects, from: NodeID) {
    for (to, bytes) in effects.consensus {
      guard let frame = try? ConsensusFrame(bytes) else { continue }
      for part in frame.parts {
        let message = SentMessage(from: from, to: to, part: part)
        for number in watchers.keys.sorted() { watchers[number]?(message) }
      }
    }
  }

  /// Whether something of this turn or one before is not on the disk yet.
  private func writesLog(_ effects: NodeEffects, _ machine: SimulatedMachine) -> Bool {
    effects.jobs.contains { $0.lane == .journal } || machine.jobs.values.contains { $0.lane == .journal }
  }
}
