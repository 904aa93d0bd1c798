internal import Items

extension Condition.Node {
  func holds(_ item: AttributeMap) -> Bool {
    switch self {
    case .all(let terms): terms.allSatisfy { $0.holds(item) }
    case .any(let terms): terms.contains { $0.holds(item) }
    case .not(let term): !term.holds(item)
    case .compare(let comparator, let left, let right):
      comparator.holds(left.value(in: item), right.value(in: item))
    case .between(let operand, let low, let high): Self.isBetween(operand, low, high, item)
    case .isIn(let operand, let candidates): Self.isIn(operand, candidates, item)
    case .exists(let path): path.value(in: item) != nil
    case .notExists(let path): path.value(in: item) == nil
    case .hasType(let operand, let type): operand.value(in: item).map { ValueType(of: $0) == type } ?? false
    case .beginsWith(let operand, let prefix):
      Self.beginsWith(operand.value(in: item), prefix.value(in: item))
    case .contains(let operand, let part):
      Self.contains(operand.value(in: item), part.value(in: item))
    }
  }

  private static func isBetween(
    _ operand: Condition.Operand, _ low: Condition.Operand, _ high: Condition.Operand, _ item: AttributeMap
  ) -> Bool {
    guard let value = operand.value(in: item) else { return false }
    return Comparator.lessOrEqual.holds(low.value(in: item), value)
      && Comparator.lessOrEqual.holds(value, high.value(in: item))
  }

  private static func isIn(
    _ operand: Condition.Operand, _ candidates: [Condition.Operand], _ item: AttributeMap
  ) -> Bool {
    guard let value = operand.value(in: item) else { return false }
    return candidates.contains { $0.value(in: item) == value }
  }

  private static func beginsWith(_ value: AttributeValue?, _ prefix: AttributeValue?) -> Bool {
    switch (value, prefix) {
    case (.string(let value), .string(let prefix)), (.binary(let value), .binary(let prefix)):
      value.starts(with: prefix)
    default: false
    }
  }

  /// A part of a string or binary, or a member of a set or list.
  private static func contains(_ value: AttributeValue?, _ part: AttributeValue?) -> Bool {
    guard let value, let part else { return false }
    switch (value, part) {
    case (.string(let value), .string(let part)), (.binary(let value), .binary(let part)):
      return value.holds(part)
    case (.stringSet(let members), .string(let member)), (.binarySet(let members), .binary(let member)):
      return members.contains(member)
    case (.numberSet(let members), .number(let member)): return members.contains(member)
    case (.list(let members), _): return members.contains(part)
    default: return false
    }
  }
}

extension Condition.Operand {
  func value(in item: AttributeMap) -> AttributeValue? {
    switch self {
    case .path(let path): path.value(in: item)
    case .value(let value): value
    case .size(let operand): operand.value(in: item)?.expressionSize.map { .number(Number($0)) }
    }
  }
}

extension Comparator {
  func holds(_ left: AttributeValue?, _ right: AttributeValue?) -> Bool {
    guard let left, let right else { return self == .notEqual }
    switch self {
    case .equal: return left == right
    case .notEqual: return left != right
    case .less, .lessOrEqual, .greater, .greaterOrEqual: break
    }
    guard let order = left.order(to: right) else { return false }
    switch self {
    case .less: return order < 0
    case .lessOrEqual: return order <= 0
    case .greater: return order > 0
    default: return order >= 0
    }
  }
}

extension [UInt8] {
  /// Whether `part` occurs in it; an empty part occurs everywhere.
  fileprivate func holds(_ part: [UInt8]) -> Bool {
    guard let first = part.first else { return true }
    guard part.count <= count else { return false }
    return withUnsafeBufferPointer { bytes in
      part.withUnsafeBufferPointer { part in
        (0...bytes.count - part.count).contains { start in
          bytes[start] == first && part.indices.allSatisfy { bytes[start + $0] == part[$0] }
        }
      }
    }
  }
}
