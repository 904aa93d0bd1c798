import Coordinator
import Environment
import Messages
import Node
import SimulatedDisk

/// One machine of a simulated cluster: a disk and a clock that outlive its processes, and the process that runs now.
final class SimulatedMachine {
  let id: NodeID
  var disk = SimulatedDisk()
  var clock: MachineClock
  /// Nil while the machine is down.
  var node: Node?
  /// Raised by every start and stop; events of an earlier life are void.
  var life: UInt64 = 0
  var isPaused = false
  /// The process stood still in the middle of the turn that ends now, for so long.
  var stall: Span?
  var isStalled = false
  /// Power goes when it has sent something next while its log is being written.
  var crashesAsItSends = false
  /// Whether power goes with the process when its disk stops; else the process alone ends.
  var stopsWithPower = true
  /// Power is off, or was when the process ended: nobody refuses a connection.
  var isPowered = true
  /// Its part in each shard, as the trace had it last.
  var roles: [ShardID: String] = [:]
  /// What each piece of blocking work takes besides.
  var jobDelay = Span.zero
  /// Jobs that the process waits for.
  var jobs: [UInt64: Job] = [:]
  /// The end of the last job of each lane: lanes run in order.
  var laneFreeAt: [Job.Lane: Instant] = [:]

  init(id: NodeID, clock: MachineClock) {
    self.id = id
    self.clock = clock
  }
}

/// One coordinator of a simulated cluster, on a machine of its own.
final class SimulatedRouter {
  let number: Int
  var clock: MachineClock
  /// Nil while it is down.
  var coordinator: Coordinator?
  var life: UInt64 = 0
  var isPaused = false
  /// The life of each node's process to which there is a connection.
  var linksUp: [NodeID: UInt64] = [:]
  /// By token.
  var completions: [UInt64: (CallOutcome) -> Void] = [:]
  var nextToken: UInt64 = 1

  init(number: Int, clock: MachineClock) {
    self.number = number
    self.clock = clock
  }
}
