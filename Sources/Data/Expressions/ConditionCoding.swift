public import Bytes
internal import Items

/// The binary form, which travels from coordinator to leader. A node is its tag and then its parts; lists have a varint
/// count; paths and values have their own forms.
///
/// | tag | node | parts |
/// | --- | --- | --- |
/// | 0, 1 | all, any | nodes |
/// | 2 | not | node |
/// | 3 | compare | comparator (u8), two operands |
/// | 4 | between | three operands |
/// | 5 | in | operand, operands |
/// | 6, 7 | attribute_exists, attribute_not_exists | path |
/// | 8 | attribute_type | operand, type (u8) |
/// | 9, 10 | begins_with, contains | two operands |
///
/// An operand is 0 and a path, 1 and a value, or 2 and the operand whose size it is.
extension Condition {
  public func encode(into writer: inout ByteWriter) { node.encode(into: &writer) }

  /// - Throws: anything that ``encode(into:)`` does not write, and nesting deeper than any expression's.
  public init(from reader: inout ByteReader) throws(MalformedBytes) {
    self.init(try Node(from: &reader, depth: 0))
  }
}

private enum NodeTag: UInt8 {
  case all = 0
  case any = 1
  case not = 2
  case compare = 3
  case between = 4
  case isIn = 5
  case exists = 6
  case notExists = 7
  case hasType = 8
  case beginsWith = 9
  case contains = 10
}

extension Condition.Node {
  /// Every level of a parsed condition but the lowest is an operator of its own.
  private static var depthMax: Int { ExpressionLimits.operatorsMax + 1 }

  func encode(into writer: inout ByteWriter) {
    switch self {
    case .all(let terms): writer.terms(.all, terms)
    case .any(let terms): writer.terms(.any, terms)
    case .not(let term):
      writer.tag(.not)
      term.encode(into: &writer)
    case .compare(let comparator, let left, let right):
      writer.tag(.compare)
      writer.u8(comparator.rawValue)
      writer.operands([left, right])
    case .between(let operand, let low, let high):
      writer.tag(.between)
      writer.operands([operand, low, high])
    case .isIn(let operand, let candidates):
      writer.tag(.isIn)
      operand.encode(into: &writer)
      writer.array(candidates) { $1.encode(into: &$0) }
    case .exists(let path): writer.path(.exists, path)
    case .notExists(let path): writer.path(.notExists, path)
    case .hasType(let operand, let type):
      writer.tag(.hasType)
      operand.encode(into: &writer)
      writer.u8(type.rawValue)
    case .beginsWith(let operand, let prefix):
      writer.tag(.beginsWith)
      writer.operands([operand, prefix])
    case .contains(let operand, let part):
      writer.tag(.contains)
      writer.operands([operand, part])
    }
  }

  init(from reader: inout ByteReader, depth: Int) throws(MalformedBytes) {
    guard depth <= Self.depthMax else { throw MalformedBytes("a condition is nested too deeply") }
    guard let tag = NodeTag(rawValue: try reader.u8()) else { throw MalformedBytes("a condition has an unknown tag") }
    switch tag {
    case .all, .any:
      let terms = try reader.array { (reader: inout ByteReader) throws(MalformedBytes) in
        try Condition.Node(from: &reader, depth: depth + 1)
      }
      self = tag == .all ? .all(terms) : .any(terms)
    case .not: self = .not(try Condition.Node(from: &reader, depth: depth + 1))
    case .compare:
      guard let comparator = Comparator(rawValue: try reader.u8()) else {
        throw MalformedBytes("a condition has an unknown comparator")
      }
      self = .compare(comparator, try Condition.Operand(from: &reader), try Condition.Operand(from: &reader))
    case .between:
      let operand = try Condition.Operand(from: &reader)
      self = .between(operand, try Condition.Operand(from: &reader), try Condition.Operand(from: &reader))
    case .isIn:
      let operand = try Condition.Operand(from: &reader)
      self = .isIn(
        operand,
        try reader.array { (reader: inout ByteReader) throws(MalformedBytes) in try Condition.Operand(from: &reader) })
    case .exists: self = .exists(try DocumentPath(from: &reader))
    case .notExists: self = .notExists(try DocumentPath(from: &reader))
    case .hasType:
      let operand = try Condition.Operand(from: &reader)
      guard let type = ValueType(rawValue: try reader.u8()) else {
        throw MalformedBytes("a condition has an unknown value type")
      }
      self = .hasType(operand, type)
    case .beginsWith: self = .beginsWith(try Condition.Operand(from: &reader), try Condition.Operand(from: &reader))
    case .contains: self = .contains(try Condition.Operand(from: &reader), try Condition.Operand(from: &reader))
    }
  }
}

extension Condition.Operand {
  func encode(into writer: inout ByteWriter) {
    switch self {
    case .path(let path):
      writer.u8(0)
      path.encode(into: &writer)
    case .value(let value):
      writer.u8(1)
      value.encode(into: &writer)
    case .size(let operand):
      writer.u8(2)
      operand.encode(into: &writer)
    }
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    let tag = try reader.u8()
    if tag == 2 {
      self = .size(try Condition.Operand(unsizedFrom: &reader, tag: try reader.u8()))
    } else {
      self = try Condition.Operand(unsizedFrom: &reader, tag: tag)
    }
  }

  private init(unsizedFrom reader: inout ByteReader, tag: UInt8) throws(MalformedBytes) {
    switch tag {
    case 0: self = .path(try DocumentPath(from: &reader))
    case 1: self = .value(try AttributeValue(from: &reader))
    default: throw MalformedBytes("an operand has an unknown tag")
    }
  }
}

extension ByteWriter {
  fileprivate mutating func tag(_ tag: NodeTag) { u8(tag.rawValue) }

  fileprivate mutating func terms(_ tag: NodeTag, _ terms: [Condition.Node]) {
    self.tag(tag)
    array(terms) { $1.encode(into: &$0) }
  }

  fileprivate mutating func operands(_ operands: [Condition.Operand]) {
    for operand in operands { operand.encode(into: &self) }
  }

  fileprivate mutating func path(_ tag: NodeTag, _ path: DocumentPath) {
    self.tag(tag)
    path.encode(into: &self)
  }
}
