public import Items

extension UpdateExpression {
  /// The item after the update. All right-hand sides and all list indexes mean the item before it.
  ///
  /// A SET beyond a list's end appends, in order of index; a REMOVE or DELETE of what is not there does nothing; a
  /// DELETE that takes a set's last element removes it.
  ///
  /// - Parameters:
  ///   - item: the old item; for a new one its key, or nothing.
  ///   - exists: false for a new item. REMOVE then ignores paths that lead nowhere, as DynamoDB does.
  /// - Throws: operands that are missing or of the wrong type, a path whose parent is missing or of the wrong type, a
  ///   number outside the range. Size, nesting and keys of the result are the caller's to check.
  public func apply(to item: AttributeMap, exists: Bool = true) throws(UpdateError) -> AttributeMap {
    var outcomes: [Outcome] = []
    outcomes.reserveCapacity(actions.count)
    for action in actions { outcomes.append(try action.change.outcome(at: action.path, of: item)) }
    var result = item
    try Application(paths: updatedPaths, outcomes: outcomes, exists: exists)
      .change(&result, actions.indices, depth: 0)
    return result
  }
}

/// One update under way. The paths are ascending and independent, so those below one value are neighbours and all of
/// them name attributes or all of them count elements.
private struct Application {
  let paths: [DocumentPath]
  let outcomes: [Outcome]
  let exists: Bool

  func change(_ map: inout AttributeMap, _ range: Range<Int>, depth: Int) throws(UpdateError) {
    for group in groups(range, depth) {
      guard case .name(let name) = paths[group.lowerBound].components[depth] else { throw .invalidPath }
      if paths[group.lowerBound].components.count == depth + 1 {
        switch outcomes[group.lowerBound] {
        case .assign(let value): map[name] = value
        case .remove: map[name] = nil
        case .keep: break
        }
      } else {
        let found: Void? = try map.modify(name) { (value) throws(UpdateError) in
          try change(&value, group, depth: depth + 1)
        }
        if found == nil, !mayLeadNowhere(group) { throw .invalidPath }
      }
    }
  }

  private func change(_ value: inout AttributeValue, _ range: Range<Int>, depth: Int) throws(UpdateError) {
    switch value {
    case .map(var map):
      value = .null
      try change(&map, range, depth: depth)
      value = .map(map)
    case .list(var list):
      value = .null
      try change(&list, range, depth: depth)
      value = .list(list)
    default: throw .invalidPath
    }
  }

  private func change(_ list: inout [AttributeValue], _ range: Range<Int>, depth: Int) throws(UpdateError) {
    var removed: [Int] = []
    var appended: [AttributeValue] = []
    for group in groups(range, depth) {
      guard case .index(let index) = paths[group.lowerBound].components[depth] else { throw .invalidPath }
      let isPresent = index < list.count
      if paths[group.lowerBound].components.count > depth + 1 {
        guard isPresent else { throw .invalidPath }
        try change(&list[index], group, depth: depth + 1)
        continue
      }
      switch outcomes[group.lowerBound] {
      case .assign(let value):
        if isPresent { list[index] = value } else { appended.append(value) }
      case .remove:
        if isPresent { removed.append(index) }
      case .keep: break
      }
    }
    for index in removed.reversed() { list.remove(at: index) }
    list += appended
  }

  /// Splits `range` by the component at `depth`.
  private func groups(_ range: Range<Int>, _ depth: Int) -> [Range<Int>] {
    var groups: [Range<Int>] = []
    var start = range.lowerBound
    for index in range where paths[index].components[depth] != paths[start].components[depth] {
      groups.append(start..<index)
      start = index
    }
    if start < range.upperBound { groups.append(start..<range.upperBound) }
    return groups
  }

  private func mayLeadNowhere(_ range: Range<Int>) -> Bool { !exists && outcomes[range].allSatisfy { $0 == .remove } }
}
