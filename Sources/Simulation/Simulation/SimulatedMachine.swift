import Environment
import Messages
import Node
import SimulatedDisk

/// One machine of a simulated cluster: a disk that outlives its processes, and the process that runs now.
final class SimulatedMachine {
  let id: NodeID
  let disk = SimulatedDisk()
  /// Nil while the machine is down.
  var node: Node?
  /// Raised by every start; events of an earlier life are void.
  var life: UInt64 = 0
  var isPaused = false
  /// What each piece of blocking work takes besides.
  var jobDelay = Span.zero
  /// Jobs that the process waits for.
  var jobs: [UInt64: Job] = [:]
  /// The end of the last job of each lane: lanes run in order.
  var laneFreeAt: [Job.Lane: Instant] = [:]

  init(id: NodeID) { self.id = id }
}
