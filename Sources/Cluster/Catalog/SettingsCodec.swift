public import Bytes
import Messages

/// ```
/// table id (u32) | key | [version (varint) | indexes | time to live (optional blob) | stream (optional) | [replication]]
/// ```
/// Settings of version 0 end after the key: a row of theirs is the same on every replica, whichever build wrote it. Those
/// of a table without replicas in other regions end after the stream, for the same reason.
extension TableSettings {
  public func encode() -> [UInt8] {
    var writer = ByteWriter()
    writer.table(id)
    key.encode(into: &writer)
    guard version > 0 else { return writer.bytes }
    writer.varint(version)
    writer.array(indexes) { $1.encode(into: &$0) }
    writer.optional(timeToLive) { $0.blob($1) }
    writer.optional(stream) { $1.encode(into: &$0) }
    replication?.encode(into: &writer)
    return writer.bytes
  }

  public init(_ bytes: [UInt8]) throws(MalformedBytes) {
    var reader = ByteReader(bytes)
    let id = try reader.table()
    self.init(id: id, key: try KeySchema(from: &reader))
    guard !reader.isAtEnd else { return }
    version = try reader.varint()
    indexes = try reader.array { (input) throws(MalformedBytes) in try IndexSettings(from: &input) }
    timeToLive = try reader.optional { (input) throws(MalformedBytes) in try input.blob() }
    stream = try reader.optional { (input) throws(MalformedBytes) in try StreamSettings(from: &input) }
    if !reader.isAtEnd { replication = try ReplicationSettings(from: &reader) }
    try reader.finish()
  }
}

extension IndexSettings {
  func encode(into writer: inout ByteWriter) {
    writer.table(id)
    writer.u8(kind.rawValue)
    key.encode(into: &writer)
    writer.u8(projection.rawValue)
    writer.array(includedAttributes) { $0.blob($1) }
    writer.u8(status.rawValue)
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    id = try reader.table()
    kind = try reader.stored("an unknown kind of index")
    key = try IndexKeySchema(from: &reader)
    projection = try reader.stored("an unknown projection")
    includedAttributes = try reader.array { (input) throws(MalformedBytes) in try input.blob() }
    status = try reader.stored("an unknown index status")
  }
}

/// ```
/// region (string) | others (array of strings) | unique id (blob) | [residency (optional) | lost (array of strings) |
/// closed (bool)]
/// ```
extension ReplicationSettings {
  func encode(into writer: inout ByteWriter) {
    writer.string(region)
    writer.array(others) { $0.string($1) }
    writer.blob(table)
    guard residency != nil || !lost.isEmpty || isClosed else { return }
    writer.optional(residency) { $1.encode(into: &$0) }
    writer.array(lost) { $0.string($1) }
    writer.bool(isClosed)
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    region = try reader.string()
    others = try reader.array { (input) throws(MalformedBytes) in try input.string() }
    table = try reader.blob()
    lost = []
    if !reader.isAtEnd {
      residency = try reader.optional { (input) throws(MalformedBytes) in try Residency(from: &input) }
      lost = try reader.array { (input) throws(MalformedBytes) in try input.string() }
      isClosed = try reader.bool()
    }
    guard !others.isEmpty else { throw MalformedBytes("a table with replicas has none") }
  }
}

extension StreamSettings {
  func encode(into writer: inout ByteWriter) {
    writer.u8(view.rawValue)
    writer.u64(startedAtMs)
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    view = try reader.stored("an unknown stream view")
    startedAtMs = try reader.u64()
  }
}
