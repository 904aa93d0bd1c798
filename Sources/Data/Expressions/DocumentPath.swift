public import Bytes
public import Items

/// Where a value is within an item: a top-level name, then names and list indexes. At most 32 levels.
public struct DocumentPath: Hashable, Sendable {
  public enum Component: Hashable, Sendable {
    case name([UInt8])
    /// From 0.
    case index(Int)
  }

  /// Never empty; the first is a name.
  public let components: [Component]

  /// Nil unless there are 1 to 32 components and the first is a name.
  public init?(_ components: [Component]) {
    guard case .name = components.first, components.count <= ExpressionLimits.pathLevelsMax else { return nil }
    self.components = components
  }

  public init(name: [UInt8]) { components = [.name(name)] }

  public var topLevelName: [UInt8] {
    guard case .name(let name) = components[0] else { fatalError("A document path starts with a name.") }
    return name
  }

  public var isTopLevel: Bool { components.count == 1 }

  /// Whether it goes on below the attribute `name`.
  func leadsInto(_ name: [UInt8]) -> Bool { !isTopLevel && topLevelName == name }

  /// The value there, or nil where the item has none or has a value of another shape on the way.
  public func value(in item: AttributeMap) -> AttributeValue? {
    guard var value = item[topLevelName] else { return nil }
    for component in components.dropFirst() {
      switch (component, value) {
      case (.name(let name), .map(let map)):
        guard let next = map[name] else { return nil }
        value = next
      case (.index(let index), .list(let list)):
        guard index < list.count else { return nil }
        value = list[index]
      default: return nil
      }
    }
    return value
  }

  /// As DynamoDB writes it in messages: `[a, b, [3]]`.
  public var description: String {
    var parts: [String] = []
    for component in components {
      switch component {
      case .name(let name): parts.append(String(decoding: name, as: UTF8.self))
      case .index(let index): parts.append("[\(index)]")
      }
    }
    return "[" + parts.joined(separator: ", ") + "]"
  }
}

/// Names by their bytes, then indexes by their value; a path comes before the paths below it.
extension DocumentPath: Comparable {
  public static func < (left: DocumentPath, right: DocumentPath) -> Bool {
    for (one, other) in zip(left.components, right.components) where one != other { return one < other }
    return left.components.count < right.components.count
  }
}

extension DocumentPath.Component: Comparable {
  public static func < (left: Self, right: Self) -> Bool {
    switch (left, right) {
    case (.name(let one), .name(let other)): ByteOrder.precedes(one, other)
    case (.index(let one), .index(let other)): one < other
    case (.name, .index): true
    case (.index, .name): false
    }
  }
}

extension DocumentPath {
  enum Relation {
    case independent
    /// One is the other or contains it.
    case overlap
    /// They take the same value for a map and for a list.
    case conflict
  }

  func relation(to other: DocumentPath) -> Relation {
    for (one, other) in zip(components, other.components) where one != other {
      switch (one, other) {
      case (.name, .index), (.index, .name): return .conflict
      default: return .independent
      }
    }
    return .overlap
  }

  /// Refuses paths that overlap or conflict, as updates and projections do, and returns them in ascending order.
  /// Neighbours tell for all: a path that others lie below comes right before them.
  static func sortedIndependent(_ paths: [DocumentPath], kind: ExpressionKind) throws(ExpressionError)
    -> [DocumentPath]
  {
    let sorted = paths.sorted()
    if areSortedAndIndependent(sorted) { return sorted }
    for wanted in [Relation.overlap, .conflict] {
      for (position, later) in paths.enumerated() {
        for earlier in paths[..<position] where earlier.relation(to: later) == wanted {
          throw kind.failure(
            "Two document paths \(wanted) with each other; must remove or rewrite one of these paths; "
              + "path one: \(earlier.description), path two: \(later.description)")
        }
      }
    }
    fatalError("Neighbouring paths overlap or conflict, but no pair of paths does.")
  }

  static func areSortedAndIndependent(_ paths: [DocumentPath]) -> Bool {
    for (one, next) in zip(paths, paths.dropFirst()) {
      guard one < next, one.relation(to: next) == .independent else { return false }
    }
    return true
  }
}

extension DocumentPath {
  /// A count, then for each component 0 and a blob (a name) or 1 and a varint (an index).
  public func encode(into writer: inout ByteWriter) {
    writer.array(components) { writer, component in
      switch component {
      case .name(let name):
        writer.u8(0)
        writer.blob(name)
      case .index(let index):
        writer.u8(1)
        writer.varint(UInt64(index))
      }
    }
  }

  public init(from reader: inout ByteReader) throws(MalformedBytes) {
    let components = try reader.array { (reader: inout ByteReader) throws(MalformedBytes) -> Component in
      switch try reader.u8() {
      case 0: return .name(try reader.blob())
      case 1:
        let index = try reader.varint()
        guard index <= UInt64(ExpressionLimits.listIndexMax) else { throw MalformedBytes("a list index is too high") }
        return .index(Int(index))
      default: throw MalformedBytes("a path component has an unknown kind")
      }
    }
    guard let path = DocumentPath(components) else {
      throw MalformedBytes("a document path starts with no name or is too deep")
    }
    self = path
  }
}
