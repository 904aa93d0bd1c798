internal import Environment

/// Tells a silent peer from an idle one, counting steps of its own timer instead of reading a clock: a process that
/// was paused gives its sockets one step to speak before it calls anybody dead.
struct Liveness {
  enum Action { case none, ping, dead }

  let step: Span
  private let pingAfter: Span
  private let deadAfter: Span
  private var silence = Span.zero
  private var asked = false
  private var heardSinceStep = false

  init(pingAfter: Span, deadAfter: Span) {
    self.pingAfter = pingAfter
    self.deadAfter = deadAfter
    step = Span(nanoseconds: max(1_000_000, min(pingAfter, deadAfter).nanoseconds / 2))
  }

  mutating func heard() { heardSinceStep = true }

  /// One `step` has passed.
  mutating func advance() -> Action {
    if heardSinceStep {
      heardSinceStep = false
      silence = .zero
      asked = false
      return .none
    }
    silence.nanoseconds += step.nanoseconds
    if silence >= deadAfter { return .dead }
    guard silence >= pingAfter, !asked else { return .none }
    asked = true
    return .ping
  }
}
