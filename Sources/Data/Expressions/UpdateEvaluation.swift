internal import Items

/// What becomes of one path, once the item's old values are known.
enum Outcome: Equatable {
  case assign(AttributeValue)
  case remove
  /// The path has to be valid, and nothing changes.
  case keep
}

extension UpdateExpression.Change {
  /// Every operand is read from the item as it was before the update.
  func outcome(at path: DocumentPath, of item: AttributeMap) throws(UpdateError) -> Outcome {
    switch self {
    case .set(let value): return .assign(try value.evaluate(item))
    case .remove: return .remove
    case .add(let operand): return try Self.add(operand, to: path.value(in: item), mismatch: .incorrectType)
    case .delete(let operand): return try Self.take(operand, from: path.value(in: item), mismatch: .incorrectType)
    case .legacyAdd(let operand): return try Self.add(operand, to: path.value(in: item), mismatch: .legacyMismatch)
    case .legacyDelete(let operand):
      return try Self.take(operand, from: path.value(in: item), mismatch: .legacyMismatch)
    }
  }

  private static func add(
    _ operand: AttributeValue, to old: AttributeValue?, mismatch: UpdateError
  ) throws(UpdateError) -> Outcome {
    guard let old else { return .assign(operand) }
    guard let sum = try sum(old, operand) else { throw mismatch }
    return .assign(sum)
  }

  private static func take(
    _ operand: AttributeValue, from old: AttributeValue?, mismatch: UpdateError
  ) throws(UpdateError) -> Outcome {
    guard let old else { return .keep }
    let type = ValueType(of: operand)
    guard type.isSet, ValueType(of: old) == type else { throw mismatch }
    guard let rest = remainder(old, operand) else { return .remove }
    return .assign(rest)
  }

  /// Nil where the types do not match. Only the older form gets to add lists.
  private static func sum(_ old: AttributeValue, _ operand: AttributeValue) throws(UpdateError) -> AttributeValue? {
    switch (old, operand) {
    case (.list(let head), .list(let tail)): return .list(head + tail)
    case (.number(let left), .number(let right)): return .number(try Arithmetic.add(left, right))
    case (.stringSet(let left), .stringSet(let right)):
      return .stringSet(SortedSet.union(left, right, precedes: ByteOrder.precedes))
    case (.binarySet(let left), .binarySet(let right)):
      return .binarySet(SortedSet.union(left, right, precedes: ByteOrder.precedes))
    case (.numberSet(let left), .numberSet(let right)):
      return .numberSet(SortedSet.union(left, right, precedes: <))
    default: return nil
    }
  }

  /// Nil where no element is left: there is no empty set.
  private static func remainder(_ old: AttributeValue, _ operand: AttributeValue) -> AttributeValue? {
    switch (old, operand) {
    case (.stringSet(let left), .stringSet(let right)):
      let rest = SortedSet.difference(left, right, precedes: ByteOrder.precedes)
      return rest.isEmpty ? nil : .stringSet(rest)
    case (.binarySet(let left), .binarySet(let right)):
      let rest = SortedSet.difference(left, right, precedes: ByteOrder.precedes)
      return rest.isEmpty ? nil : .binarySet(rest)
    case (.numberSet(let left), .numberSet(let right)):
      let rest = SortedSet.difference(left, right, precedes: <)
      return rest.isEmpty ? nil : .numberSet(rest)
    default: fatalError("DELETE takes away from a set of its operand's type.")
    }
  }
}

extension UpdateExpression.Value {
  func evaluate(_ item: AttributeMap) throws(UpdateError) -> AttributeValue {
    switch self {
    case .operand(let operand): return try operand.evaluate(item)
    case .sum(let left, let right):
      let (left, right) = (try left.number(item), try right.number(item))
      return .number(try Arithmetic.add(left, right))
    case .difference(let left, let right):
      let (left, right) = (try left.number(item), try right.number(item))
      return .number(try Arithmetic.add(left, -right))
    }
  }
}

extension UpdateExpression.Operand {
  func evaluate(_ item: AttributeMap) throws(UpdateError) -> AttributeValue {
    switch self {
    case .path(let path):
      guard let value = path.value(in: item) else { throw .missingAttribute }
      return value
    case .value(let value): return value
    case .ifNotExists(let path, let other):
      if let value = path.value(in: item) { return value }
      return try other.evaluate(item)
    case .listAppend(let left, let right):
      guard case (.list(let head), .list(let tail)) = (try left.evaluate(item), try right.evaluate(item)) else {
        throw .incorrectType
      }
      return .list(head + tail)
    }
  }

  func number(_ item: AttributeMap) throws(UpdateError) -> Number {
    guard case .number(let number) = try evaluate(item) else { throw .incorrectType }
    return number
  }
}

private enum Arithmetic {
  static func add(_ left: Number, _ right: Number) throws(UpdateError) -> Number {
    do { return try left + right } catch { throw UpdateError(error.message) }
  }
}

/// Sets in their canonical form: ascending arrays without duplicates.
private enum SortedSet {
  static func union<Element: Equatable>(
    _ left: [Element], _ right: [Element], precedes: (Element, Element) -> Bool
  ) -> [Element] {
    var merged: [Element] = []
    merged.reserveCapacity(left.count + right.count)
    var (one, other) = (0, 0)
    while one < left.count, other < right.count {
      if left[one] == right[other] { other += 1 }
      if other < right.count, precedes(right[other], left[one]) {
        merged.append(right[other])
        other += 1
      } else {
        merged.append(left[one])
        one += 1
      }
    }
    return merged + left[one...] + right[other...]
  }

  static func difference<Element: Equatable>(
    _ left: [Element], _ right: [Element], precedes: (Element, Element) -> Bool
  ) -> [Element] {
    var rest: [Element] = []
    var other = 0
    for element in left {
      while other < right.count, precedes(right[other], element) { other += 1 }
      if other == right.count || right[other] != element { rest.append(element) }
    }
    return rest
  }
}
