public import Bytes
import Messages

/// ```
/// members: version (varint) | members (array of: node u32, name, address, leaving bool) |
///   places (array of: shard u32, nodes) | highest node (u32) | plan (optional) | move (optional)
/// plan: kind (u8) | node (u32) | replacement (optional u32) | moved (u32)
/// move: shard (u32) | from (u32) | to (u32)
/// ```
extension ClusterMembers {
  public func encode() -> [UInt8] {
    var writer = ByteWriter(capacity: 512)
    encode(into: &writer)
    return writer.bytes
  }

  public init(_ bytes: [UInt8]) throws(MalformedBytes) {
    var reader = ByteReader(bytes)
    try self.init(from: &reader)
    try reader.finish()
  }

  func encode(into writer: inout ByteWriter) {
    writer.varint(version)
    writer.array(members) { $1.encode(into: &$0) }
    writer.array(places) {
      $0.shard($1.shard)
      $0.array($1.nodes) { $0.node($1) }
    }
    writer.node(nodeMax)
    writer.optional(plan) {
      $0.u8($1.kind.rawValue)
      $0.node($1.node)
      $0.optional($1.replacement) { $0.node($1) }
      $0.u32($1.moved)
    }
    writer.optional(move) {
      $0.shard($1.shard)
      $0.node($1.from)
      $0.node($1.to)
    }
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    version = try reader.varint()
    members = try reader.array { (input) throws(MalformedBytes) in try Member(from: &input) }
    places = try reader.array { (input) throws(MalformedBytes) in
      let shard = try input.shard()
      return Place(shard: shard, nodes: try input.array { (input) throws(MalformedBytes) in try input.node() })
    }
    nodeMax = try reader.node()
    plan = try reader.optional { (input) throws(MalformedBytes) in
      guard let kind = Plan.Kind(rawValue: try input.u8()) else { throw MalformedBytes("an unknown kind of plan") }
      var plan = Plan(kind: kind, node: try input.node())
      plan.replacement = try input.optional { (input) throws(MalformedBytes) in try input.node() }
      plan.moved = try input.u32()
      return plan
    }
    move = try reader.optional { (input) throws(MalformedBytes) in
      let shard = try input.shard()
      let from = try input.node()
      return Move(shard: shard, from: from, to: try input.node())
    }
  }
}

extension Member {
  func encode(into writer: inout ByteWriter) {
    writer.node(node)
    writer.string(name)
    writer.string(address)
    writer.bool(isLeaving)
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    node = try reader.node()
    name = try reader.string()
    address = try reader.string()
    isLeaving = try reader.bool()
  }
}

extension MemberRequest {
  private enum Code { static let add: UInt8 = 1, drain: UInt8 = 2, replace: UInt8 = 3 }

  public func encode() -> [UInt8] {
    var writer = ByteWriter()
    switch self {
    case .add(let member):
      writer.u8(Code.add)
      member.encode(into: &writer)
    case .drain(let node):
      writer.u8(Code.drain)
      writer.node(node)
    case .replace(let node, let member):
      writer.u8(Code.replace)
      writer.node(node)
      member.encode(into: &writer)
    }
    return writer.bytes
  }

  public init(_ bytes: [UInt8]) throws(MalformedBytes) {
    var reader = ByteReader(bytes)
    switch try reader.u8() {
    case Code.add: self = .add(try Member(from: &reader))
    case Code.drain: self = .drain(try reader.node())
    case Code.replace:
      let node = try reader.node()
      self = .replace(node, by: try Member(from: &reader))
    default: throw MalformedBytes("an unknown change of members")
    }
    try reader.finish()
  }
}
