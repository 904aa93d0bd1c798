public import Items

/// What UpdateItem does to an item, self-contained: names and values of the request are part of it.
public struct UpdateExpression: Hashable, Sendable {
  /// Ascending by path; no path overlaps or conflicts with another.
  let actions: [Action]

  struct Action: Hashable, Sendable {
    var path: DocumentPath
    var change: Change
  }

  enum Change: Hashable, Sendable {
    case set(Value)
    case remove
    /// A number or set.
    case add(AttributeValue)
    /// A set.
    case delete(AttributeValue)
    /// ADD and DELETE of `AttributeUpdates`: ADD also takes a list, to append, and a mismatch has another message.
    case legacyAdd(AttributeValue)
    case legacyDelete(AttributeValue)
  }

  enum Value: Hashable, Sendable {
    case operand(Operand)
    case sum(Operand, Operand)
    case difference(Operand, Operand)
  }

  indirect enum Operand: Hashable, Sendable {
    case path(DocumentPath)
    case value(AttributeValue)
    case ifNotExists(DocumentPath, Operand)
    case listAppend(Operand, Operand)
  }

  init(actions: [Action]) { self.actions = actions }

  /// - Parameter text: the expression in UTF-8.
  /// - Throws: what DynamoDB refuses without knowing the item, in the order in which it looks: syntax, reserved words,
  ///   functions, sections, names, values, overlapping and conflicting paths, operands of ADD and DELETE, and of SET.
  public static func parse(
    _ text: [UInt8], context: inout ExpressionContext
  ) throws(ExpressionError) -> UpdateExpression {
    try UpdateResolver.resolve(text, context: &context)
  }

  /// What the update writes or removes, ascending.
  public var updatedPaths: [DocumentPath] { actions.map(\.path) }

  /// The attributes of the item that the update changes, ascending, each once. Paths that it only reads do not count.
  public var topLevelNames: [[UInt8]] { DocumentPath.topLevelNames(ofSorted: updatedPaths) }

  /// Whether a path that it writes or reads goes on below the attribute `name`.
  public func leadsInto(_ name: [UInt8]) -> Bool {
    actions.contains { action in
      action.path.leadsInto(name) || action.change.operands.contains { $0.leadsInto(name) }
    }
  }

  /// What an action on the whole attribute `name` puts, adds or deletes, where the request alone tells its type: a value
  /// of that type. Nil where the item decides, and where there is no such action.
  public func argument(for name: [UInt8]) -> AttributeValue? {
    guard let action = actions.first(where: { $0.path.isTopLevel && $0.path.topLevelName == name }) else { return nil }
    switch action.change {
    case .set(.operand(.value(let value))): return value
    case .set(.sum), .set(.difference): return .number(Number(0))
    case .set(.operand(.listAppend)): return .list([])
    case .add(let value), .delete(let value), .legacyAdd(let value), .legacyDelete(let value): return value
    case .set(.operand), .remove: return nil
    }
  }

  /// False where the update does nothing to an item that is not there: where it has only REMOVE and DELETE actions. One
  /// without any action makes the item.
  public var createsItem: Bool {
    actions.isEmpty
      || actions.contains { action in
        switch action.change {
        case .set, .add, .legacyAdd: true
        case .remove, .delete, .legacyDelete: false
        }
      }
  }

  /// Cuts an item down to what `ReturnValues` UPDATED_OLD (of the old item) and UPDATED_NEW (of the new one) return.
  public var updatedPart: Projection { Projection(sorted: updatedPaths) }
}

extension UpdateExpression.Change {
  fileprivate var operands: [UpdateExpression.Operand] {
    switch self {
    case .set(.operand(let operand)): [operand]
    case .set(.sum(let one, let other)), .set(.difference(let one, let other)): [one, other]
    case .remove, .add, .delete, .legacyAdd, .legacyDelete: []
    }
  }
}

extension UpdateExpression.Operand {
  fileprivate func leadsInto(_ name: [UInt8]) -> Bool {
    switch self {
    case .path(let path): path.leadsInto(name)
    case .value: false
    case .ifNotExists(let path, let other): path.leadsInto(name) || other.leadsInto(name)
    case .listAppend(let one, let other): one.leadsInto(name) || other.leadsInto(name)
    }
  }
}
