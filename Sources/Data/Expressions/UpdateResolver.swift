internal import Items

/// The second pass over an update: DynamoDB's checks in DynamoDB's order, and names and values put in.
struct UpdateResolver {
  private static let kind = ExpressionKind.update
  private var context: ExpressionContext

  static func resolve(
    _ text: [UInt8], context: inout ExpressionContext
  ) throws(ExpressionError) -> UpdateExpression {
    let (parsed, cursor) = try UpdateParser.parse(text)
    try checkReservedWords(parsed)
    try cursor.checkPathFault()
    for action in parsed.actions {
      for operand in action.operands { try checkFunctions(operand) }
    }
    try checkSections(parsed)
    var resolver = UpdateResolver(context: context)
    let expression = try resolver.resolve(parsed.actions)
    context = resolver.context
    return expression
  }

  private static func checkReservedWords(_ parsed: ParsedUpdate) throws(ExpressionError) {
    for action in parsed.actions {
      try action.path.checkReservedWords(kind)
      for operand in action.operands { try checkReservedWords(operand) }
    }
  }

  private static func checkReservedWords(_ node: ParsedNode) throws(ExpressionError) {
    if case .path(let path) = node { try path.checkReservedWords(kind) }
    for child in node.children { try checkReservedWords(child) }
  }

  private static func checkFunctions(_ node: ParsedNode) throws(ExpressionError) {
    for child in node.children { try checkFunctions(child) }
    guard case .function(let name, let arguments) = node else { return }
    guard let function = UpdateFunction(name) else { throw unknown(name) }
    guard function == .listAppend else { return }
    for case .function(let inner, _) in arguments where UpdateFunction(inner) == .listAppend {
      throw misuse(of: inner)
    }
  }

  private static func unknown(_ name: [UInt8]) -> ExpressionError {
    let text = String(decoding: name, as: UTF8.self)
    if ConditionFunction(name) != nil {
      return kind.failure("The function is not allowed in \(kind.article); function: \(text)")
    }
    return kind.failure("Invalid function name; function: \(text)")
  }

  static func misuse(of name: [UInt8]) -> ExpressionError {
    guard UpdateFunction(name) != nil else { return unknown(name) }
    let text = String(decoding: name, as: UTF8.self)
    return kind.failure("The function is not allowed to be used this way in an expression; function: \(text)")
  }

  private static func checkSections(_ parsed: ParsedUpdate) throws(ExpressionError) {
    for (position, section) in parsed.sections.enumerated() where parsed.sections[..<position].contains(section) {
      throw kind.failure("The \"\(section.rawValue)\" section can only be used once in an update expression;")
    }
  }
}

extension UpdateResolver {
  private mutating func resolve(_ parsed: [ParsedUpdate.Action]) throws(ExpressionError) -> UpdateExpression {
    try checkNames(parsed)
    var paths: [DocumentPath] = []
    var operands: [[Resolved]] = []
    for action in parsed {
      paths.append(try action.path.resolve(&context, Self.kind))
      operands.append(try resolve(action.operands))
    }
    _ = try DocumentPath.sortedIndependent(paths, kind: Self.kind)
    for (action, operands) in zip(parsed, operands) where action.section == .add || action.section == .delete {
      try checkSetOperand(action.section, operands[0])
    }
    var actions: [UpdateExpression.Action] = []
    for (index, action) in parsed.enumerated() {
      actions.append(UpdateExpression.Action(path: paths[index], change: try change(action, operands[index])))
    }
    return UpdateExpression(actions: actions.sorted { $0.path < $1.path })
  }

  /// Undefined names anywhere come before undefined values.
  private mutating func checkNames(_ parsed: [ParsedUpdate.Action]) throws(ExpressionError) {
    for action in parsed {
      _ = try action.path.resolve(&context, Self.kind)
      for operand in action.operands { try checkNames(operand) }
    }
  }

  private mutating func checkNames(_ node: ParsedNode) throws(ExpressionError) {
    if case .path(let path) = node { _ = try path.resolve(&context, Self.kind) }
    for child in node.children { try checkNames(child) }
  }

  private mutating func resolve(_ nodes: [ParsedNode]) throws(ExpressionError) -> [Resolved] {
    var resolved: [Resolved] = []
    for node in nodes {
      switch node {
      case .path(let path): resolved.append(.path(try path.resolve(&context, Self.kind)))
      case .value(let placeholder): resolved.append(.value(try context.resolve(value: placeholder, Self.kind)))
      case .function(let name, let arguments):
        guard let function = UpdateFunction(name) else { fatalError("A function's name was not checked.") }
        resolved.append(.function(function, try resolve(arguments)))
      default: fatalError("The grammar of updates let a condition through.")
      }
    }
    return resolved
  }

  private func checkSetOperand(_ section: ParsedUpdate.Section, _ operand: Resolved) throws(ExpressionError) {
    guard case .value(let value) = operand else { fatalError("ADD and DELETE take a value.") }
    let type = ValueType(of: value)
    if type.isSet || (section == .add && type == .number) { return }
    throw Self.kind.failure(OperandMessage.sectionType(section.rawValue, type.longName))
  }

  private func change(
    _ action: ParsedUpdate.Action, _ operands: [Resolved]
  ) throws(ExpressionError) -> UpdateExpression.Change {
    switch (action.section, operands.first) {
    case (.remove, _): return .remove
    case (.add, .value(let value)): return .add(value)
    case (.delete, .value(let value)): return .delete(value)
    case (.add, _), (.delete, _): fatalError("ADD and DELETE take a value.")
    case (.set, _): break
    }
    var resolved: [UpdateExpression.Operand] = []
    for operand in operands { resolved.append(try self.operand(operand)) }
    guard let arithmetic = action.arithmetic else { return .set(.operand(resolved[0])) }
    for case .value(let value) in operands where ValueType(of: value) != .number {
      throw Self.kind.failure(OperandMessage.functionType(arithmetic.rawValue, ValueType(of: value).name))
    }
    return .set(arithmetic == .plus ? .sum(resolved[0], resolved[1]) : .difference(resolved[0], resolved[1]))
  }

  private func operand(_ resolved: Resolved) throws(ExpressionError) -> UpdateExpression.Operand {
    switch resolved {
    case .path(let path): return .path(path)
    case .value(let value): return .value(value)
    case .function(let function, let arguments):
      var operands: [UpdateExpression.Operand] = []
      for argument in arguments { operands.append(try operand(argument)) }
      guard operands.count == 2 else {
        throw Self.kind.failure(OperandMessage.count(function.rawValue, operands.count))
      }
      return try call(function, operands)
    }
  }

  private func call(
    _ function: UpdateFunction, _ operands: [UpdateExpression.Operand]
  ) throws(ExpressionError) -> UpdateExpression.Operand {
    switch function {
    case .ifNotExists:
      guard case .path(let path) = operands[0] else {
        throw Self.kind.failure(OperandMessage.needsPath(function.rawValue))
      }
      return .ifNotExists(path, operands[1])
    case .listAppend:
      for case .value(let value) in operands where ValueType(of: value) != .list {
        throw Self.kind.failure(OperandMessage.functionType(function.rawValue, ValueType(of: value).name))
      }
      return .listAppend(operands[0], operands[1])
    }
  }

  /// An operand with its names and values, before its types are known to be right.
  private indirect enum Resolved {
    case path(DocumentPath)
    case value(AttributeValue)
    case function(UpdateFunction, [Resolved])
  }
}
