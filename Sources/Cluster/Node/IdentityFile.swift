import Bytes
import Catalog
import Environment
import Messages
import Raft

/// The identity as a file.
extension Identity {
  private static let magic = Array("gantry\n".utf8)
  private static let fileName = "identity"
  private static let bytesMax: UInt64 = 1 << 20

  /// Nil where the directory has none.
  static func read(_ disk: any Disk, _ directory: String) throws -> Identity? {
    let path = "\(directory)/\(fileName)"
    guard try disk.exists(path) else { return nil }
    let file = try disk.open(path, create: false)
    defer { file.close() }
    var bytes = [UInt8](repeating: 0, count: Int(min(try file.size(), bytesMax)))
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
      guard (1...Self.format).contains(format) else {
        throw NodeFailure(
          "\(path) has format \(format), this binary reads formats 1 to \(Self.format): use the release that wrote it.")
      }
      try self.init(format: format, &reader)
      let end = reader.position
      guard try reader.u32() == CRC32C.checksum(Array(bytes[..<end])) else {
        throw MalformedBytes("its checksum is wrong")
      }
      try reader.finish()
    } catch let failure as NodeFailure {
      throw failure
    } catch {
      throw NodeFailure.damagedIdentity(path)
    }
  }

  private init(format: UInt32, _ reader: inout ByteReader) throws(MalformedBytes) {
    cluster = try reader.string()
    node = try reader.node()
    nodes = try reader.array { (input) throws(MalformedBytes) in try input.node() }
    shards = try reader.u32()
    replication = try reader.u32()
    holdings = []
    guard format > 1 else { return }
    incarnation = try reader.u64()
    holdings = try reader.array { (input) throws(MalformedBytes) in try Holding(from: &input) }
    seen = try reader.array { (input) throws(MalformedBytes) in
      Seen(node: try input.node(), incarnation: try input.u64())
    }
    if format > 2 { members = try ClusterMembers(try reader.blob()) }
  }

  /// Replaces the file; durable when it returns. Blocks.
  func write(_ disk: any Disk, _ directory: String) throws {
    let bytes = encode()
    let temporary = "\(directory)/\(Self.fileName).new"
    let file = try disk.open(temporary, create: true)
    defer { file.close() }
    try file.truncate(to: 0)
    try bytes.withUnsafeBytes { buffer in try file.write(buffer, at: 0) }
    try file.sync()
    try disk.rename(temporary, to: "\(directory)/\(Self.fileName)")
    try disk.syncDirectory(directory)
  }

  private func encode() -> [UInt8] {
    var writer = ByteWriter()
    writer.raw(Self.magic)
    writer.u32(members == nil ? 2 : Self.format)
    writer.string(cluster)
    writer.node(node)
    writer.array(nodes) { $0.node($1) }
    writer.u32(shards)
    writer.u32(replication)
    writer.u64(incarnation)
    writer.array(holdings) { $1.encode(into: &$0) }
    writer.array(seen) {
      $0.node($1.node)
      $0.u64($1.incarnation)
    }
    if let members { writer.blob(members.encode()) }
    writer.u32(CRC32C.checksum(writer.bytes))
    return writer.bytes
  }
}

extension Identity.Holding {
  fileprivate func encode(into writer: inout ByteWriter) {
    writer.u32(group.rawValue)
    writer.u8(state.rawValue)
    writer.u64(id?.rawValue ?? 0)
  }

  fileprivate init(from reader: inout ByteReader) throws(MalformedBytes) {
    group = GroupID(try reader.u32())
    guard let state = State(rawValue: try reader.u8()) else { throw MalformedBytes("an unknown state of a replica") }
    self.state = state
    let raw = try reader.u64()
    id = raw == 0 ? nil : ReplicaID(raw)
    guard id != nil || state == .lost || state == .removed else { throw MalformedBytes("a replica without an id") }
  }
}
