public import Catalog
public import Coordinator
public import Environment
public import Messages
public import NIOCore

/// Drives one coordinator machine on one event loop: gives it the time, hands its frames to the network and its
/// outcomes to the operations that wait for them.
///
/// Every method must be called on the loop. The effects of one turn of the loop are taken together at its end, so that
/// a turn sends at most one frame to a node.
public final class CoordinatorHost: CallTarget {
  /// How often the machine is given the time.
  public static let tickIntervalMs: Int64 = 20

  public let eventLoop: any EventLoop
  private let coordinator: Coordinator
  private let clock: any Clock
  private let send: (NodeID, [UInt8]) -> Void
  private var completions: [UInt64: (CallOutcome) -> Void] = [:]
  private var nextToken: UInt64 = 1
  private var turnEndIsScheduled = false
  private var ticker: RepeatedTask?

  /// - Parameter send: takes one encoded frame for a node. Called on the loop; frames for a node that cannot be reached
  ///   may be dropped, the machine hears of it by ``linkDown(_:)``.
  public init(
    coordinator: Coordinator, eventLoop: any EventLoop, clock: any Clock, send: @escaping (NodeID, [UInt8]) -> Void
  ) {
    eventLoop.assertInEventLoop()
    self.coordinator = coordinator
    self.eventLoop = eventLoop
    self.clock = clock
    self.send = send
  }

  public var catalog: Catalog { coordinator.catalog }

  public var isReady: Bool { coordinator.isReady }

  /// `completion` runs once, on the loop, in a later turn or at the end of this one.
  public func submit(_ call: Call, _ completion: @escaping (CallOutcome) -> Void) {
    let token = nextToken
    nextToken += 1
    completions[token] = completion
    coordinator.submit(call, token: token, now: clock.now)
    scheduleTurnEnd()
  }

  public func linkUp(_ node: NodeID) {
    coordinator.linkUp(node, now: clock.now)
    scheduleTurnEnd()
  }

  public func linkDown(_ node: NodeID) {
    coordinator.linkDown(node, now: clock.now)
    scheduleTurnEnd()
  }

  public func received(_ frame: [UInt8], from node: NodeID) {
    coordinator.received(frame, from: node, now: clock.now)
    scheduleTurnEnd()
  }

  /// Begins to give the machine the time. Balanced by ``stop()``.
  public func start() {
    let interval = TimeAmount.milliseconds(Self.tickIntervalMs)
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    ticker = eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in bound.value.tick() }
  }

  public func stop() {
    ticker?.cancel()
    ticker = nil
  }

  private func tick() {
    coordinator.tick(now: clock.now, wallTimeMs: clock.wallTimeMs)
    takeEffects()
  }

  private func scheduleTurnEnd() {
    guard !turnEndIsScheduled else { return }
    turnEndIsScheduled = true
    eventLoop.assumeIsolated().execute { [self] in
      turnEndIsScheduled = false
      takeEffects()
    }
  }

  private func takeEffects() {
    let effects = coordinator.takeEffects()
    for frame in effects.frames { send(frame.node, frame.bytes) }
    for (token, outcome) in effects.outcomes {
      guard let completion = completions.removeValue(forKey: token) else {
        fatalError("The coordinator answered a call that nobody waits for.")
      }
      completion(outcome)
    }
  }
}
