internal import Items

/// The second pass over a condition: DynamoDB's checks in DynamoDB's order, and names and values put in.
struct ConditionResolver {
  let kind: ExpressionKind
  private var context: ExpressionContext

  static func resolve(
    _ text: [UInt8], kind: ExpressionKind, context: inout ExpressionContext
  ) throws(ExpressionError) -> Condition.Node {
    let (parsed, cursor) = try ConditionParser.parse(text, kind: kind)
    var resolver = ConditionResolver(kind: kind, context: context)
    try resolver.checkFunctionNames(parsed)
    try resolver.checkFunctionPlaces(parsed, givesTruth: true)
    try resolver.checkReservedWords(parsed)
    try cursor.checkPathFault()
    let node = try resolver.node(parsed)
    context = resolver.context
    return node
  }

  private func checkFunctionNames(_ node: ParsedNode) throws(ExpressionError) {
    for child in node.children { try checkFunctionNames(child) }
    guard case .function(let name, _) = node, ConditionFunction(name) == nil else { return }
    throw ConditionFunction.unknown(name, kind)
  }

  /// `size` is an operand and the other functions are conditions; neither can stand for the other.
  private func checkFunctionPlaces(_ node: ParsedNode, givesTruth: Bool) throws(ExpressionError) {
    let childrenGiveTruth =
      switch node {
      case .all, .any, .not: true
      default: false
      }
    for child in node.children { try checkFunctionPlaces(child, givesTruth: childrenGiveTruth) }
    guard case .function(let name, _) = node, let function = ConditionFunction(name) else { return }
    if function.givesValue == givesTruth { throw ConditionFunction.misuse(of: name, kind) }
  }

  private func checkReservedWords(_ node: ParsedNode) throws(ExpressionError) {
    if case .path(let path) = node { try path.checkReservedWords(kind) }
    for child in node.children { try checkReservedWords(child) }
  }

  private mutating func node(_ parsed: ParsedNode) throws(ExpressionError) -> Condition.Node {
    switch parsed {
    case .all(let terms): return .all(try nodes(terms))
    case .any(let terms): return .any(try nodes(terms))
    case .not(let term): return .not(try node(term))
    case .compare(let comparator, let left, let right):
      let operands = try operands([left, right])
      try checkCounts(operands)
      try checkDistinct(operands, comparator.symbol)
      for operand in operands { _ = try type(of: operand) }
      if comparator.needsOrder { try checkOrder(operands, comparator.symbol) }
      return .compare(comparator, operand(operands[0]), operand(operands[1]))
    case .between(let value, let low, let high): return try between(try operands([value, low, high]))
    case .isIn(let value, let candidates): return try isIn(try operands([value] + candidates))
    case .function:
      let resolved = try operands([parsed])
      try checkCounts(resolved)
      _ = try type(of: resolved[0])
      return test(resolved[0])
    case .path, .value: fatalError("The grammar let an operand stand for a condition.")
    }
  }

  private mutating func nodes(_ terms: [ParsedNode]) throws(ExpressionError) -> [Condition.Node] {
    var nodes: [Condition.Node] = []
    for term in terms { nodes.append(try node(term)) }
    return nodes
  }

  private func between(_ operands: [ResolvedOperand]) throws(ExpressionError) -> Condition.Node {
    try checkCounts(operands)
    for operand in operands { _ = try type(of: operand) }
    try checkOrder(operands, "BETWEEN")
    if case .value(let low) = operands[1], case .value(let high) = operands[2] { try checkBounds(low, high) }
    return .between(operand(operands[0]), operand(operands[1]), operand(operands[2]))
  }

  private func checkBounds(_ low: AttributeValue, _ high: AttributeValue) throws(ExpressionError) {
    let bounds =
      "lower bound operand: \(low.boundDescription), upper bound operand: \(high.boundDescription)"
    guard let order = low.order(to: high) else {
      throw kind.failure("The BETWEEN operator requires same data type for lower and upper bounds; \(bounds)")
    }
    guard order > 0 else { return }
    throw kind.failure(
      "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; \(bounds)")
  }

  private func isIn(_ operands: [ResolvedOperand]) throws(ExpressionError) -> Condition.Node {
    let count = operands.count - 1
    if count > ExpressionLimits.inOperandsMax {
      throw kind.failure("The IN operator is provided with too many operands; number of operands: \(count)")
    }
    try checkCounts(operands)
    for candidate in operands.dropFirst() { try checkDistinct([operands[0], candidate], "IN") }
    for operand in operands { _ = try type(of: operand) }
    return .isIn(operand(operands[0]), operands.dropFirst().map { operand($0) })
  }
}

/// An operand with its names and values, before its types are known to be right.
indirect enum ResolvedOperand {
  case path(DocumentPath)
  case value(AttributeValue)
  case function(ConditionFunction, [ResolvedOperand])
}

extension ConditionResolver {
  /// Resolves in the order of the text, so that the first placeholder without a definition is the one reported.
  private mutating func operands(_ parsed: [ParsedNode]) throws(ExpressionError) -> [ResolvedOperand] {
    var resolved: [ResolvedOperand] = []
    for node in parsed {
      switch node {
      case .path(let path): resolved.append(.path(try path.resolve(&context, kind)))
      case .value(let placeholder): resolved.append(.value(try context.resolve(value: placeholder, kind)))
      case .function(let name, let arguments):
        guard let function = ConditionFunction(name) else { fatalError("A function's name was not checked.") }
        resolved.append(.function(function, try operands(arguments)))
      default: fatalError("The grammar let a condition stand for an operand.")
      }
    }
    return resolved
  }

  private func checkCounts(_ operands: [ResolvedOperand]) throws(ExpressionError) {
    for case .function(let function, let arguments) in operands {
      try checkCounts(arguments)
      if arguments.count != function.operandCount {
        throw kind.failure(OperandMessage.count(function.rawValue, arguments.count))
      }
      try checkDistinct(arguments, function.rawValue)
    }
  }

  private func checkDistinct(_ operands: [ResolvedOperand], _ symbol: String) throws(ExpressionError) {
    guard operands.count == 2, case .path(let first) = operands[0], case .path(let second) = operands[1],
      first == second
    else { return }
    throw kind.failure(
      "The first operand must be distinct from the remaining operands for this operator or function; "
        + "operator: \(symbol), first operand: \(first.description)")
  }

  private func checkOrder(_ operands: [ResolvedOperand], _ symbol: String) throws(ExpressionError) {
    for case .value(let value) in operands {
      let type = ValueType(of: value)
      if !type.hasOrder { throw kind.failure(OperandMessage.functionType(symbol, type.name)) }
    }
  }

  /// Checks a function from the inside out. The result is nil where only the item can tell.
  private func type(of operand: ResolvedOperand) throws(ExpressionError) -> ValueType? {
    switch operand {
    case .path: return nil
    case .value(let value): return ValueType(of: value)
    case .function(let function, let arguments):
      var types: [ValueType?] = []
      for argument in arguments { types.append(try type(of: argument)) }
      try check(function, arguments, types)
      return function.givesValue ? .number : .bool
    }
  }

  private func check(
    _ function: ConditionFunction, _ arguments: [ResolvedOperand], _ types: [ValueType?]
  ) throws(ExpressionError) {
    switch function {
    case .attributeExists, .attributeNotExists:
      guard case .path = arguments[0] else { throw kind.failure(OperandMessage.needsPath(function.rawValue)) }
    case .attributeType: try checkTypeName(arguments[1], types[1])
    case .beginsWith:
      for case let type? in types where type != .string && type != .binary {
        throw kind.failure(OperandMessage.functionType(function.rawValue, type.name))
      }
    case .contains: break
    case .size:
      guard let type = types[0], type == .number || type == .bool || type == .null else { return }
      throw kind.failure(OperandMessage.functionType(function.rawValue, type.name))
    }
  }

  private func checkTypeName(_ operand: ResolvedOperand, _ type: ValueType?) throws(ExpressionError) {
    let name = ConditionFunction.attributeType.rawValue
    guard case .value(.string(let text)) = operand else {
      throw kind.failure(OperandMessage.functionType(name, type?.name ?? "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"))
    }
    if ValueType(named: text) != nil { return }
    throw kind.failure(
      "Invalid attribute type name found; type: \(String(decoding: text, as: UTF8.self)), "
        + "valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}")
  }

  private func operand(_ resolved: ResolvedOperand) -> Condition.Operand {
    switch resolved {
    case .path(let path): return .path(path)
    case .value(let value): return .value(value)
    case .function(.size, let arguments): return .size(operand(arguments[0]))
    case .function: fatalError("A function that gives a truth was let through as an operand.")
    }
  }

  private func test(_ resolved: ResolvedOperand) -> Condition.Node {
    guard case .function(let function, let arguments) = resolved else { fatalError("A test is a function.") }
    switch function {
    case .attributeExists, .attributeNotExists:
      guard case .path(let path) = arguments[0] else { fatalError("A function's operand was not checked.") }
      return function == .attributeExists ? .exists(path) : .notExists(path)
    case .attributeType:
      guard case .value(.string(let name)) = arguments[1], let type = ValueType(named: name) else {
        fatalError("A type's name was not checked.")
      }
      return .hasType(operand(arguments[0]), type)
    case .beginsWith: return .beginsWith(operand(arguments[0]), operand(arguments[1]))
    case .contains: return .contains(operand(arguments[0]), operand(arguments[1]))
    case .size: fatalError("A size was let through as a condition.")
    }
  }
}
