public import Environment

/// A failover drill: a load, a timeline of faults, and what must be true of them.
public struct Drill: Sendable {
  /// The built-in name or the path that it was read from.
  public var source: String
  /// One line for people.
  public var title: String
  /// A built-in topology, or the path of a file.
  public var topology: String
  public var load: DrillLoad
  /// By their times.
  public var timeline: [DrillStep]
  /// In the file's order.
  public var expectations: [Expectation]
  /// What its self-test takes away; nil where it has none.
  public var loosening: Loosening?
  /// It is the self-test's own: it has to be missed.
  public var isLoosened = false

  /// When the last fault begins or ends, from the beginning of the load.
  var lastChange: Span { timeline.map(\.end).max() ?? .zero }
}

/// What clients ask while the faults happen.
public struct DrillLoad: Sendable {
  /// A built-in workload, or the path of a file.
  public var workload: String
  /// `key=value` that go before what the workload's file says.
  public var overrides: [String]
  /// Operations under way at most.
  public var clients: Int
  /// Operations a second that begin whatever the answers.
  public var rate: Double
  public var duration: Span
  /// Fewer operations with an answer prove nothing: the drill is invalid then.
  public var operationsMin: Int
  /// Clients know so many coordinators, the first ones; 0: all.
  public var endpoints: Int
}

/// One fault, or its end.
public struct DrillStep: Sendable, Equatable {
  /// From the beginning of the load.
  public var at: Span
  public var fault: DrillFault
  /// The fault ends by itself after so long: what was killed starts, what was paused goes on, links heal. Nil: it stays.
  public var duration: Span?

  /// When it is over; of a fault that stays, when it begins.
  var end: Span { Span(nanoseconds: at.nanoseconds + (duration ?? .zero).nanoseconds) }
}
