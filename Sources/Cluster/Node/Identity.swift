import Bytes
import Environment
import Messages

/// Who a data directory belongs to. Written once, after everything else of a new node is durable.
///
/// ```
/// "gantry\n" | format (u32) | cluster (string) | node (u32) | nodes (array of u32) | shards (u32) |
/// replication (u32) | CRC-32C of all before
/// ```
struct Identity: Equatable {
  static let format: UInt32 = 1
  private static let magic = Array("gantry\n".utf8)
  private static let fileName = "identity"
  private static let bytesMax = 4_096

  var cluster: String
  var node: NodeID
  /// Every node that the cluster was made with, ascending.
  var nodes: [NodeID]
  var shards: UInt32
  var replication: UInt32

  init(_ configuration: NodeConfiguration) {
    cluster = configuration.cluster
    node = configuration.node
    nodes = configuration.nodes
    shards = UInt32(configuration.shards)
    replication = UInt32(configuration.replication)
  }

  /// Nil where the directory is new.
  static func read(_ disk: any Disk, _ directory: String) throws -> Identity? {
    let path = "\(directory)/\(fileName)"
    guard try disk.exists(path) else { return nil }
    let file = try disk.open(path, create: false)
    defer { file.close() }
    var bytes = [UInt8](repeating: 0, count: bytesMax)
    let length = try bytes.withUnsafeMutableBytes { buffer in try file.read(into: buffer, at: 0) }
    return try Identity(Array(bytes[..<length]), path: path)
  }

  private init(_ bytes: [UInt8], path: String) throws(NodeFailure) {
    guard bytes.starts(with: Self.magic) else {
      throw NodeFailure("\(path) is not a Gantry identity: point the node at another data directory.")
    }
    do {
      var reader = ByteReader(bytes, in: Self.magic.count..<bytes.count)
      let format = try reader.u32()
      guard format == Self.format else {
        throw NodeFailure(
          "\(path) has format \(format), this binary reads format \(Self.format): use the release that wrote it.")
      }
      cluster = try reader.string()
      node = try reader.node()
      nodes = try reader.array { (input) throws(MalformedBytes) in try input.node() }
      shards = try reader.u32()
      replication = try reader.u32()
      let end = reader.position
      guard try reader.u32() == CRC32C.checksum(Array(bytes[..<end])) else {
        throw MalformedBytes("its checksum is wrong")
      }
    } catch let failure as NodeFailure {
      throw failure
    } catch {
      throw NodeFailure("\(path) is damaged: remove the node's data directory and let the node join anew.")
    }
  }

  func write(_ disk: any Disk, _ directory: String) throws {
    var writer = ByteWriter()
    writer.raw(Self.magic)
    writer.u32(Self.format)
    writer.string(cluster)
    writer.node(node)
    writer.array(nodes) { $0.node($1) }
    writer.u32(shards)
    writer.u32(replication)
    writer.u32(CRC32C.checksum(writer.bytes))
    let temporary = "\(directory)/\(Self.fileName).new"
    let file = try disk.open(temporary, create: true)
    defer { file.close() }
    try file.truncate(to: 0)
    try writer.bytes.withUnsafeBytes { buffer in try file.write(buffer, at: 0) }
    try file.sync()
    try disk.rename(temporary, to: "\(directory)/\(Self.fileName)")
    try disk.syncDirectory(directory)
  }

  /// Refuses a directory of another cluster, node or layout.
  func check(_ expected: Identity, directory: String) throws(NodeFailure) {
    guard cluster == expected.cluster else {
      throw NodeFailure(
        "\(directory) belongs to cluster \(cluster), not \(expected.cluster): use its own data directory or an empty one."
      )
    }
    guard node == expected.node else {
      throw NodeFailure("\(directory) belongs to node \(node.rawValue), not node \(expected.node.rawValue).")
    }
    guard nodes == expected.nodes, shards == expected.shards, replication == expected.replication else {
      throw NodeFailure(
        """
        \(directory) was made for \(layout), the topology now says \(expected.layout): \
        keep the layout, or start with an empty data directory.
        """)
    }
  }

  private var layout: String {
    let numbers = nodes.map { String($0.rawValue) }.joined(separator: ", ")
    return "\(shards) shards of \(replication) replicas on nodes \(numbers)"
  }
}
