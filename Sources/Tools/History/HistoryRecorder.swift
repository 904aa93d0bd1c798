internal import Synchronization

/// Collects a history while it happens. Thread-safe: all state lies under one mutex, held for an append.
///
/// The caller reads the clock, so that a simulation can record virtual time. For a sound verdict the time of
/// ``begin(client:_:keys:transaction:at:)`` is taken before the request leaves and that of
/// ``end(_:_:output:at:)`` after the answer has come.
public final class HistoryRecorder: Sendable {
  /// An operation that has begun.
  public struct Token: Hashable, Sendable {
    fileprivate var index: Int
  }

  private struct State {
    /// In the order of the beginnings; nil for those dropped.
    var entries: [HistoryEntry?] = []
    var isOpen: [Bool] = []
  }

  private let state = Mutex(State())

  public init() {}

  /// - Parameter client: runs one operation at a time. After an unknown outcome it goes on under another name.
  public func begin(
    client: String, _ operation: HistoryOperation, keys: [String], transaction: String? = nil, at time: Int64
  ) -> Token {
    let entry = HistoryEntry(
      client: client, operation, keys: keys, transaction: transaction, invoked: time, returned: nil, outcome: .unknown)
    return state.withLock { state in
      state.entries.append(entry)
      state.isOpen.append(true)
      return Token(index: state.entries.count - 1)
    }
  }

  public func end(_ token: Token, _ outcome: HistoryOutcome, output: HistoryOutput = .none, at time: Int64) {
    finish(token) { entry in
      guard var ended = entry else { fatalError("A dropped operation cannot end.") }
      ended.outcome = outcome
      ended.output = output
      ended.returned = time
      if let fault = ended.fault { fatalError("A history cannot hold this entry: \(fault).") }
      entry = ended
    }
  }

  /// Forgets an operation that had no effect and told nothing, such as a read that failed.
  public func drop(_ token: Token) {
    finish(token) { $0 = nil }
  }

  /// What was recorded, by invocation as the callers' order had it. Operations that have not ended are unknown.
  public func entries() -> [HistoryEntry] {
    state.withLock { $0.entries.compactMap(\.self) }
  }

  private func finish(_ token: Token, _ body: (inout HistoryEntry?) -> Void) {
    state.withLock { state in
      guard state.isOpen[token.index] else { fatalError("An operation of a history ends once.") }
      state.isOpen[token.index] = false
      body(&state.entries[token.index])
    }
  }
}
