import Catalog
import Edge
import Items
import Messages
import NIOCore
import Node

/// A node's `/members`: `GET` tells who belongs to the cluster and which replica moves, as far as this node was told;
/// `POST` asks the metadata group for a change:
/// `{"change": "add", "node": 4, "name": "n4", "address": "host:port"}`, `{"change": "drain", "node": 2}`,
/// `{"change": "replace", "node": 2, "by": {"node": 4, "name": "n4", "address": "host:port"}}`.
/// The answer's `result` is `done` (with the `version` of the members that show it), `refused` with a `reason`, or `elsewhere`: another node leads the group, or none.
enum MembersPage {
  static func routes(_ loop: any EventLoop, _ host: NIOLoopBound<NodeHost>) -> [AdminServer.Route] {
    [
      AdminServer.Route(.get, "/members") { _, completion in
        loop.execute { completion(.json(page(host.value.node))) }
      },
      AdminServer.Route(.post, "/members") { body, completion in
        guard let request = request(body) else {
          return completion(.text("The change cannot be read.\n", status: 400))
        }
        loop.execute {
          let host = host.value
          host.submit(.changeMembers(request.encode()), shard: .metadata) {
            completion(.json(result($0, version: newest(host.node)?.version ?? 0)))
          }
        }
      },
    ]
  }

  private static func request(_ body: [UInt8]) -> MemberRequest? {
    guard let json = try? JSONValue(parsing: body), let node = json["node"]?.node else { return nil }
    switch json["change"]?.text {
    case "add": return member(json).map { .add($0) }
    case "drain": return .drain(node)
    case "replace": return json["by"].flatMap(member).map { .replace(node, by: $0) }
    default: return nil
    }
  }

  private static func member(_ json: JSONValue) -> Member? {
    guard let node = json["node"]?.node, let name = json["name"]?.text, let address = json["address"]?.text else {
      return nil
    }
    return Member(node: node, name: name, address: address)
  }

  /// As far as the node knows: one that holds the catalog may know more than it was told.
  private static func newest(_ node: Node) -> ClusterMembers? {
    [node.members, node.catalog?.members].compactMap { $0 }.max { $0.version < $1.version }
  }

  private static func result(_ answer: Answer, version: UInt64) -> [UInt8] {
    var json = JSONWriter(capacity: 256)
    json.beginObject()
    json.key("result")
    switch answer {
    case .done: json.string("done")
    case .catalogOutcome(let bytes) where (try? CatalogOutcome(bytes)) == .done: json.string("done")
    case .refused(.failed(let reason)):
      json.string("refused")
      json.key("reason")
      json.string(reason)
    default: json.string("elsewhere")
    }
    json.key("version")
    json.integer(Int(version))
    json.endObject()
    return json.bytes
  }

  // MARK: The page

  private static func page(_ node: Node) -> [UInt8] {
    var json = JSONWriter(capacity: 1_024)
    json.beginObject()
    let members = newest(node)
    json.key("version")
    json.integer(Int(members?.version ?? 0))
    json.key("members")
    json.beginArray()
    for member in members?.members ?? [] {
      json.beginObject()
      json.key("node")
      json.integer(Int(member.node.rawValue))
      json.key("name")
      json.string(member.name)
      json.key("address")
      json.string(member.address)
      json.key("leaving")
      json.bool(member.isLeaving)
      json.endObject()
    }
    json.endArray()
    write(members?.plan, into: &json)
    write(members?.move, into: &json)
    json.key("movesLeft")
    json.integer(members?.movesLeft ?? 0)
    json.endObject()
    return json.bytes
  }

  private static func write(_ plan: ClusterMembers.Plan?, into json: inout JSONWriter) {
    json.key("plan")
    guard let plan else { return json.null() }
    json.beginObject()
    json.key("kind")
    switch plan.kind {
    case .add: json.string("add")
    case .drain: json.string("drain")
    case .replace: json.string("replace")
    }
    json.key("node")
    json.integer(Int(plan.node.rawValue))
    json.key("moved")
    json.integer(Int(plan.moved))
    json.endObject()
  }

  private static func write(_ move: ClusterMembers.Move?, into json: inout JSONWriter) {
    json.key("move")
    guard let move else { return json.null() }
    json.beginObject()
    for (name, value) in [
      ("shard", move.shard.rawValue), ("from", move.from.rawValue), ("to", move.to.rawValue),
    ] as [(StaticString, UInt32)] {
      json.key(name)
      json.integer(Int(value))
    }
    json.endObject()
  }
}

extension JSONValue {
  fileprivate var node: NodeID? { integer.flatMap { UInt32(exactly: $0) }.map { NodeID($0) } }
}
