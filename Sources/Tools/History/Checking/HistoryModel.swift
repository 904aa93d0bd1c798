/// What operations may do, one after the other: the sequential object that a history is compared with.
///
/// Registers by key are the first; transactions over several keys are another model with the same checker.
protocol HistoryModel {
  associatedtype State: Hashable
  /// An operation together with what its client was told.
  associatedtype Step

  /// What a set of open calls can do at most.
  associatedtype Reach
  associatedtype Ledger: HistoryLedger<State, Step>

  static var initial: State { get }

  /// The state after `step`; nil where the step cannot happen in `state`, or could not have told what it told.
  static func apply(_ step: Step, to state: State) -> State?

  /// Whether the step leaves every state in which it can happen as it is.
  static func isReadOnly(_ step: Step) -> Bool

  static func reach(of open: [Step]) -> Reach

  /// False only where no open call, and no run of them one after the other, can make of `state` one in which `step` does
  /// what it could not do without the last of them. `isRunning`: the run has begun with what led to `state`, so what
  /// follows has to need that.
  ///
  /// A search is right with an answer of true; each false spares it a look at every open call.
  static func canLead(from state: State, isRunning: Bool, to step: Step, _ reach: Reach) -> Bool
}

/// Knows of the calls that are left whether one of them needs what none can bring about any more.
protocol HistoryLedger<State, Step> {
  associatedtype State
  associatedtype Step

  init(closed: [Step], open: [Step])

  mutating func take(closed call: Int)
  mutating func putBack(closed call: Int)
  mutating func take(open call: Int)
  mutating func putBack(open call: Int)

  /// True only where from `state` the closed calls that are left cannot all happen, in whatever order.
  func isHopeless(_ state: State) -> Bool

  /// Some closed calls that are left and cannot happen, where that is so.
  func unmet(_ state: State) -> [Int]
}

/// A step that has happened: exactly once, between `invoked` and `returned`.
struct ClosedCall<Step> {
  var step: Step
  var invoked: Int64
  var returned: Int64
  /// The entry's place in the history.
  var entry: Int
}

/// A step that happened at some time after `invoked`, or not at all.
struct OpenCall<Step> {
  var step: Step
  var invoked: Int64
  var entry: Int
  /// Calls of one number can stand for each other in every order that the model allows.
  var kind: Int
}
