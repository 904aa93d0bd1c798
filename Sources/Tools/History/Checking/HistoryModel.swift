/// What operations may do, one after the other: the sequential object that a history is compared with.
///
/// Registers by key are the first; transactions over several keys are another model with the same checker.
protocol HistoryModel {
  associatedtype State: Hashable
  /// An operation together with what its client was told.
  associatedtype Step

  static var initial: State { get }

  /// The state after `step`; nil where the step cannot happen in `state`, or could not have told what it told.
  static func apply(_ step: Step, to state: State) -> State?

  /// Whether the step leaves every state in which it can happen as it is.
  static func isReadOnly(_ step: Step) -> Bool
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
