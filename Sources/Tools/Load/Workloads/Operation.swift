public import History

/// One request, ready to be sent.
public struct Call: Sendable, Equatable {
  /// What the service is asked to do: `PutItem` of the DynamoDB API, or the path of a gRPC method.
  public var method: String
  /// The JSON, or the message of a gRPC method.
  public var body: [UInt8]
  /// What the call does to a key, where a history can tell it.
  public var history: HistoryCall?
  /// Whether `ConditionalCheckFailedException` is an answer like any other: the workload does not know what it will be.
  public var mayFailCondition: Bool

  public init(_ method: String, body: [UInt8], history: HistoryCall? = nil, mayFailCondition: Bool = false) {
    self.method = method
    self.body = body
    self.history = history
    self.mayFailCondition = mayFailCondition
  }
}

/// A call as a history tells it: never the value of an item.
public struct HistoryCall: Sendable, Equatable {
  public var key: String
  public var operation: HistoryOperation

  public init(key: String, _ operation: HistoryOperation) {
    self.key = key
    self.operation = operation
  }
}

/// What a client does next: a call, and perhaps a second one that is sent when the first was answered. Its latency
/// spans both.
public struct Operation: Sendable, Equatable {
  /// The place of its name in the workload's ``OperationSource/kinds``.
  public var kind: Int
  public var call: Call
  public var then: Call?

  public init(kind: Int, _ call: Call, then: Call? = nil) {
    self.kind = kind
    self.call = call
    self.then = then
  }
}
