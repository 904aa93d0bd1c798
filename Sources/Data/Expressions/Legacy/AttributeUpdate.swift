public import Items

/// One entry of `AttributeUpdates` (`AttributeValueUpdate` in the API Reference).
public struct AttributeUpdate: Hashable, Sendable {
  /// In the order in which the service lists them in its messages.
  public enum Action: String, CaseIterable, Sendable {
    case add = "ADD"
    case delete = "DELETE"
    case put = "PUT"
  }

  /// Always of a whole attribute.
  public var name: [UInt8]
  /// Nil means PUT.
  public var action: Action?
  public var value: AttributeValue?

  public init(name: [UInt8], action: Action? = nil, value: AttributeValue? = nil) {
    self.name = name
    self.action = action
    self.value = value
  }
}

extension UpdateExpression {
  /// - Parameter updates: at most one an attribute. None is an update that creates a missing item and changes nothing.
  /// - Throws: an update without a value that is no DELETE, and a value whose type its action does not take.
  public init(legacy updates: [AttributeUpdate]) throws(ExpressionError) {
    var actions: [Action] = []
    for update in updates {
      actions.append(Action(path: DocumentPath(name: update.name), change: try update.change()))
    }
    self.init(actions: actions.sorted { $0.path < $1.path })
  }
}

extension AttributeUpdate {
  fileprivate func change() throws(ExpressionError) -> UpdateExpression.Change {
    guard let value else {
      if action == .delete { return .remove }
      throw .invalidParameter("Only DELETE action is allowed when no attribute value is specified")
    }
    let type = ValueType(of: value)
    switch action ?? .put {
    case .put: return .set(.operand(.value(value)))
    case .delete:
      guard type.isSet else {
        throw .invalidParameter("DELETE action with value is not supported for the type \(type.name)")
      }
      return .legacyDelete(value)
    case .add:
      guard type.isSet || type == .number || type == .list else {
        throw .invalidParameter("ADD action is not supported for the type \(type.name)")
      }
      return .legacyAdd(value)
    }
  }
}
