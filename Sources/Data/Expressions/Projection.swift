public import Bytes
public import Items

/// Which parts of an item to return.
public struct Projection: Hashable, Sendable {
  /// Ascending; none overlaps or conflicts with another.
  public let paths: [DocumentPath]

  init(sorted paths: [DocumentPath]) { self.paths = paths }

  /// - Throws: syntax errors, reserved words, undefined names, and paths of which one contains the other or that take
  ///   one value for both a map and a list.
  public static func parse(
    _ text: [UInt8], context: inout ExpressionContext
  ) throws(ExpressionError) -> Projection {
    let kind = ExpressionKind.projection
    var cursor = try TokenCursor(text, kind: kind)
    var parsed = [try cursor.path()]
    while cursor.take(.comma) { parsed.append(try cursor.path()) }
    guard cursor.current.kind == .end else { throw cursor.syntaxError() }
    for path in parsed { try path.checkReservedWords(kind) }
    try cursor.checkPathFault()
    var paths: [DocumentPath] = []
    for path in parsed { paths.append(try path.resolve(&context, kind)) }
    return Projection(sorted: try DocumentPath.sortedIndependent(paths, kind: kind))
  }

  /// Whole top-level attributes, as `AttributesToGet` and the projections of indexes name them.
  ///
  /// - Throws: a name that occurs twice.
  public init(attributeNames names: [[UInt8]]) throws(ExpressionError) {
    let sorted = names.map { DocumentPath(name: $0) }.sorted()
    for (one, next) in zip(sorted, sorted.dropFirst()) where one == next {
      throw ExpressionError(
        "One or more parameter values were invalid: Duplicate value in attribute name: "
          + String(decoding: one.topLevelName, as: UTF8.self))
    }
    paths = sorted
  }

  /// Ascending, each once.
  public var topLevelNames: [[UInt8]] { DocumentPath.topLevelNames(ofSorted: paths) }

  /// Whether a path goes on below the attribute `name`.
  public func leadsInto(_ name: [UInt8]) -> Bool { paths.contains { $0.leadsInto(name) } }

  /// What `item` has at the paths, within the maps and lists that lead there; of a list only the elements asked for, in
  /// order. Paths that lead nowhere leave nothing behind.
  public func apply(to item: AttributeMap) -> AttributeMap {
    Self.pick(from: item, paths[...], depth: 0)
  }

  /// As ``apply(to:)-(AttributeMap)``, decoding only the attributes that the projection names.
  public func apply(to item: EncodedItem) throws(MalformedBytes) -> AttributeMap {
    var elements: [AttributeMap.Element] = []
    for name in topLevelNames {
      guard let value = try item.value(named: name) else { continue }
      elements.append(AttributeMap.Element(name: name, value: value))
    }
    return apply(to: AttributeMap(elements))
  }

  private static func pick(from map: AttributeMap, _ paths: ArraySlice<DocumentPath>, depth: Int) -> AttributeMap {
    var picked: [AttributeMap.Element] = []
    for group in DocumentPath.groups(of: paths, depth: depth) {
      guard case .name(let name) = group.component, let value = map[name],
        let part = pick(from: value, group.paths, depth: depth + 1)
      else { continue }
      picked.append(AttributeMap.Element(name: name, value: part))
    }
    return AttributeMap(picked)
  }

  private static func pick(
    from value: AttributeValue, _ paths: ArraySlice<DocumentPath>, depth: Int
  ) -> AttributeValue? {
    if paths.first?.components.count == depth { return value }
    switch value {
    case .map(let map):
      let picked = pick(from: map, paths, depth: depth)
      return picked.isEmpty ? nil : .map(picked)
    case .list(let list):
      var picked: [AttributeValue] = []
      for group in DocumentPath.groups(of: paths, depth: depth) {
        guard case .index(let index) = group.component, index < list.count,
          let part = pick(from: list[index], group.paths, depth: depth + 1)
        else { continue }
        picked.append(part)
      }
      return picked.isEmpty ? nil : .list(picked)
    default: return nil
    }
  }
}

extension DocumentPath {
  struct Group {
    var component: Component
    var paths: ArraySlice<DocumentPath>
  }

  /// Splits ascending paths, all longer than `depth`, by their component there.
  static func groups(of paths: ArraySlice<DocumentPath>, depth: Int) -> [Group] {
    var groups: [Group] = []
    var start = paths.startIndex
    while start < paths.endIndex {
      let component = paths[start].components[depth]
      let end = paths[start...].firstIndex { $0.components[depth] != component } ?? paths.endIndex
      groups.append(Group(component: component, paths: paths[start..<end]))
      start = end
    }
    return groups
  }

  static func topLevelNames(ofSorted paths: [DocumentPath]) -> [[UInt8]] {
    var names: [[UInt8]] = []
    for path in paths where names.last != path.topLevelName { names.append(path.topLevelName) }
    return names
  }
}

extension Projection {
  /// A count and the paths.
  public func encode(into writer: inout ByteWriter) {
    writer.array(paths) { $1.encode(into: &$0) }
  }

  public init(from reader: inout ByteReader) throws(MalformedBytes) {
    let paths = try reader.array { (reader: inout ByteReader) throws(MalformedBytes) in
      try DocumentPath(from: &reader)
    }
    guard DocumentPath.areSortedAndIndependent(paths) else {
      throw MalformedBytes("the paths of a projection are not in order or not independent")
    }
    self.paths = paths
  }
}
