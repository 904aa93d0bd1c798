public import Bytes
internal import Items

/// The binary form, which travels from coordinator to leader: a count, then for each action its path, a tag and parts.
///
/// | tag | action | parts |
/// | --- | --- | --- |
/// | 0, 1, 2 | SET to an operand, a sum, a difference | one or two operands |
/// | 3 | REMOVE | |
/// | 4, 5 | ADD, DELETE | value |
/// | 6, 7 | ADD, DELETE of `AttributeUpdates` | value |
///
/// An operand is 0 and a path, 1 and a value, 2 and a path and operand (`if_not_exists`), or 3 and two operands
/// (`list_append`).
extension UpdateExpression {
  public func encode(into writer: inout ByteWriter) {
    writer.array(actions) { writer, action in
      action.path.encode(into: &writer)
      action.change.encode(into: &writer)
    }
  }

  /// - Throws: anything that ``encode(into:)`` does not write, and nesting deeper than any expression's.
  public init(from reader: inout ByteReader) throws(MalformedBytes) {
    let actions = try reader.array { (reader: inout ByteReader) throws(MalformedBytes) -> Action in
      let path = try DocumentPath(from: &reader)
      return Action(path: path, change: try Change(from: &reader))
    }
    guard DocumentPath.areSortedAndIndependent(actions.map(\.path)) else {
      throw MalformedBytes("the paths of an update are not in order or not independent")
    }
    self.actions = actions
  }
}

extension UpdateExpression.Change {
  func encode(into writer: inout ByteWriter) {
    switch self {
    case .set(.operand(let operand)): writer.change(0, [operand])
    case .set(.sum(let left, let right)): writer.change(1, [left, right])
    case .set(.difference(let left, let right)): writer.change(2, [left, right])
    case .remove: writer.change(3, [])
    case .add(let value):
      writer.change(4, [])
      value.encode(into: &writer)
    case .delete(let value):
      writer.change(5, [])
      value.encode(into: &writer)
    case .legacyAdd(let value):
      writer.change(6, [])
      value.encode(into: &writer)
    case .legacyDelete(let value):
      writer.change(7, [])
      value.encode(into: &writer)
    }
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    typealias Operand = UpdateExpression.Operand
    switch try reader.u8() {
    case 0: self = .set(.operand(try Operand(from: &reader, depth: 0)))
    case 1: self = .set(.sum(try Operand(from: &reader, depth: 0), try Operand(from: &reader, depth: 0)))
    case 2: self = .set(.difference(try Operand(from: &reader, depth: 0), try Operand(from: &reader, depth: 0)))
    case 3: self = .remove
    case 4: self = .add(try AttributeValue(from: &reader))
    case 5: self = .delete(try AttributeValue(from: &reader))
    case 6: self = .legacyAdd(try AttributeValue(from: &reader))
    case 7: self = .legacyDelete(try AttributeValue(from: &reader))
    default: throw MalformedBytes("an update has an unknown action")
    }
  }
}

extension UpdateExpression.Operand {
  func encode(into writer: inout ByteWriter) {
    switch self {
    case .path(let path):
      writer.u8(0)
      path.encode(into: &writer)
    case .value(let value):
      writer.u8(1)
      value.encode(into: &writer)
    case .ifNotExists(let path, let other):
      writer.u8(2)
      path.encode(into: &writer)
      other.encode(into: &writer)
    case .listAppend(let left, let right):
      writer.u8(3)
      left.encode(into: &writer)
      right.encode(into: &writer)
    }
  }

  init(from reader: inout ByteReader, depth: Int) throws(MalformedBytes) {
    guard depth <= ExpressionLimits.nestingMax else { throw MalformedBytes("an operand is nested too deeply") }
    typealias Operand = UpdateExpression.Operand
    switch try reader.u8() {
    case 0: self = .path(try DocumentPath(from: &reader))
    case 1: self = .value(try AttributeValue(from: &reader))
    case 2:
      let path = try DocumentPath(from: &reader)
      self = .ifNotExists(path, try Operand(from: &reader, depth: depth + 1))
    case 3:
      let left = try Operand(from: &reader, depth: depth + 1)
      self = .listAppend(left, try Operand(from: &reader, depth: depth + 1))
    default: throw MalformedBytes("an operand has an unknown tag")
    }
  }
}

extension ByteWriter {
  fileprivate mutating func change(_ tag: UInt8, _ operands: [UpdateExpression.Operand]) {
    u8(tag)
    for operand in operands { operand.encode(into: &self) }
  }
}
