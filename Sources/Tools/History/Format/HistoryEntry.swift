internal import Bytes

/// What a register holds, as a history tells it: never the value of an item.
public enum HistoryValue: Hashable, Sendable {
  /// A hash of the value. Two values of one hash are one value to the checker.
  case digest(UInt64)
  /// A number that a test client wrote; the only values that ``HistoryOperation/add(_:)`` works on.
  case number(Int64)

  /// The digest of any bytes, stable over processes and versions.
  public static func digest(of bytes: [UInt8]) -> HistoryValue { .digest(Hash64.hash(bytes)) }
}

extension HistoryValue: CustomStringConvertible {
  public var description: String {
    switch self {
    case .digest(let digest): "#" + HexDigits.text(digest)
    case .number(let number): "\(number)"
    }
  }
}

/// What a client asked for, with the digest of its input.
public enum HistoryOperation: Hashable, Sendable {
  case put(HistoryValue)
  /// Puts `value` where the register holds `expected`; nil stands for no value.
  case putIf(expected: HistoryValue?, HistoryValue)
  /// Adds to a number; no value counts as 0.
  case add(Int64)
  case delete
  case get
}

/// What a client was answered, with the digest of the output.
public enum HistoryOutput: Hashable, Sendable {
  /// Nothing but the outcome.
  case none
  /// Whether the condition of a ``HistoryOperation/putIf(expected:_:)`` held, so that the value was put.
  case applied(Bool)
  /// The value read, or the one that an addition left; nil: there is none.
  case value(HistoryValue?)
}

public enum HistoryOutcome: String, Hashable, Sendable {
  /// The operation took effect once between its invocation and its return. A condition that did not hold is such an
  /// answer too: it tells what the register was.
  case ok
  /// The operation never took and will never take effect.
  case fail
  /// The operation may take effect once at any time after its invocation, also after its return, or never. A time-out
  /// is unknown.
  case unknown
}

/// One operation of one client: a line of a history.
public struct HistoryEntry: Hashable, Sendable {
  public var client: String
  public var operation: HistoryOperation
  /// At least one.
  public var keys: [String]
  /// Other than ``HistoryOutput/none`` only where the outcome is ``HistoryOutcome/ok``.
  public var output: HistoryOutput
  /// Names the transaction that the operation is part of.
  public var transaction: String?
  /// Nanoseconds on one clock for the whole history.
  public var invoked: Int64
  /// Nanoseconds on the same clock; nil where the client never heard of the operation again.
  public var returned: Int64?
  public var outcome: HistoryOutcome

  public init(
    client: String, _ operation: HistoryOperation, keys: [String], output: HistoryOutput = .none,
    transaction: String? = nil, invoked: Int64, returned: Int64?, outcome: HistoryOutcome
  ) {
    self.client = client
    self.operation = operation
    self.keys = keys
    self.output = output
    self.transaction = transaction
    self.invoked = invoked
    self.returned = returned
    self.outcome = outcome
  }
}

extension HistoryEntry {
  /// Why this is no entry of a history; nil where it is one.
  var fault: String? {
    if client.isEmpty { return "the client has no name" }
    if keys.isEmpty { return "there is no key" }
    if let returned {
      if returned < invoked { return "the operation returned before it was invoked" }
    } else if outcome != .unknown {
      return "only an operation of unknown outcome may lack its return"
    }
    guard outcome == .ok else { return output == .none ? nil : "only an operation that is ok has an output" }
    switch (operation, output) {
    case (.put, .none), (.delete, .none), (.putIf, .applied), (.add, .none), (.get, .value): return nil
    case (.add, .value(.number)): return nil
    default: return "the output does not fit the operation"
    }
  }
}
