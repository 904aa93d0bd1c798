public import Bytes
import Messages

/// ```
/// 128, 0 (two bytes) | form (u8: 2) | version (varint) | shard map (optional) | tables (each a blob) | next id (u32) |
/// [members (blob; empty until they were changed) | [release (u8) | residencies (array)]]
/// ```
/// An earlier build began with the version, whose first two bytes are never these, and had tables of another form.
extension Catalog {
  private static let mark: [UInt8] = [0x80, 0]
  private static let form: UInt8 = 2

  public func encode() -> [UInt8] {
    var writer = ByteWriter(capacity: 1024)
    writer.raw(Self.mark)
    writer.u8(Self.form)
    writer.varint(version)
    writer.optional(shardMap) { $1.encode(into: &$0) }
    writer.array(tables) { writer, table in writer.nested { table.encode(into: &$0) } }
    writer.u32(nextTableID)
    guard members != nil || release > 0 else { return writer.bytes }
    writer.blob(members?.encode() ?? [])
    guard release > 0 else { return writer.bytes }
    writer.u8(release)
    writer.array(residencies) { $1.encode(into: &$0) }
    return writer.bytes
  }

  public init(_ bytes: [UInt8]) throws(MalformedBytes) {
    var reader = ByteReader(bytes)
    let isEarlier = !bytes.starts(with: Self.mark)
    if !isEarlier {
      _ = try reader.skip(Self.mark.count)
      guard try reader.u8() == Self.form else { throw MalformedBytes("a catalog has an unknown form") }
    }
    version = try reader.varint()
    shardMap = try reader.optional { (input) throws(MalformedBytes) in try ShardMap(from: &input) }
    tables = try reader.array { (input) throws(MalformedBytes) in
      if isEarlier { return try EarlierForms.table(from: &input) }
      return try input.nested { (input) throws(MalformedBytes) in try Table(from: &input) }
    }
    nextTableID = try reader.u32()
    if !reader.isAtEnd {
      let bytes = try reader.blob()
      members = bytes.isEmpty ? nil : try ClusterMembers(bytes)
    }
    if !reader.isAtEnd {
      release = try reader.u8()
      residencies = try reader.array { (input) throws(MalformedBytes) in try TableResidency(from: &input) }
    }
    try reader.finish()
  }
}

extension CatalogCommand {
  private enum Code {
    static let initialise: UInt8 = 1, createUnnumbered: UInt8 = 2, activateUnnumbered: UInt8 = 3
    static let deleteTable: UInt8 = 4, forget: UInt8 = 5, createTable: UInt8 = 6, activate: UInt8 = 7
    static let alterTable: UInt8 = 8, number: UInt8 = 9, completeIndex: UInt8 = 10
    static let ensureReplica: UInt8 = 20, leaveReplica: UInt8 = 21, completeReplica: UInt8 = 22
    static let failReplica: UInt8 = 23, forgetReplica: UInt8 = 24, setResidency: UInt8 = 25
    static let adoptShared: UInt8 = 26, completeShare: UInt8 = 27
    static let retireReplica: UInt8 = 28, abandonReplica: UInt8 = 29
    static let useRelease: UInt8 = 30
    static let changeMembers: UInt8 = 40
  }

  public func encode() -> [UInt8] {
    var writer = ByteWriter()
    switch self {
    case .initialise(let map):
      writer.u8(Code.initialise)
      map.encode(into: &writer)
    case .createTable(let definition, let createdAtMs, let uniqueID):
      writer.u8(Code.createTable)
      writer.nested { definition.encode(into: &$0) }
      writer.u64(createdAtMs)
      writer.blob(uniqueID)
    case .createUnnumbered: fatalError("Nothing proposes tables without ids of their indexes any more.")
    case .activate(let id, let version):
      writer.u8(Code.activate)
      writer.table(id)
      writer.varint(version)
    case .alterTable(let alteration):
      writer.u8(Code.alterTable)
      alteration.encode(into: &writer)
    case .number(let id):
      writer.u8(Code.number)
      writer.table(id)
    case .completeIndex(let index, let id):
      writer.u8(Code.completeIndex)
      writer.table(index)
      writer.table(id)
    case .deleteTable(let name):
      writer.u8(Code.deleteTable)
      writer.string(name)
    case .forget(let id):
      writer.u8(Code.forget)
      writer.table(id)
    case .ensureReplica(let definition, let createdAtMs, let uniqueID):
      writer.u8(Code.ensureReplica)
      writer.nested { definition.encode(into: &$0) }
      writer.u64(createdAtMs)
      writer.blob(uniqueID)
    case .leaveReplica(let uniqueID, let region): encode(Code.leaveReplica, uniqueID, region, into: &writer)
    case .useRelease(let release):
      writer.u8(Code.useRelease)
      writer.u8(release)
    case .retireReplica(let uniqueID, let region): encode(Code.retireReplica, uniqueID, region, into: &writer)
    case .abandonReplica(let uniqueID, let region): encode(Code.abandonReplica, uniqueID, region, into: &writer)
    case .completeReplica(let region, let id): encode(Code.completeReplica, region, id, into: &writer)
    case .failReplica(let region, let id): encode(Code.failReplica, region, id, into: &writer)
    case .forgetReplica(let region, let id): encode(Code.forgetReplica, region, id, into: &writer)
    case .adoptShared(let definition, let version, let uniqueID):
      writer.u8(Code.adoptShared)
      writer.nested { definition.encode(into: &$0) }
      version.encode(into: &writer)
      writer.blob(uniqueID)
    case .completeShare(let version, let id):
      writer.u8(Code.completeShare)
      version.encode(into: &writer)
      writer.table(id)
    case .setResidency(let residency, let table):
      writer.u8(Code.setResidency)
      writer.string(table)
      writer.optional(residency) { $1.encode(into: &$0) }
    case .changeMembers(let members):
      writer.u8(Code.changeMembers)
      members.encode(into: &writer)
    }
    return writer.bytes
  }

  private func encode(_ code: UInt8, _ uniqueID: [UInt8], _ region: String, into writer: inout ByteWriter) {
    writer.u8(code)
    writer.blob(uniqueID)
    writer.string(region)
  }

  private func encode(_ code: UInt8, _ region: String, _ id: TableID, into writer: inout ByteWriter) {
    writer.u8(code)
    writer.string(region)
    writer.table(id)
  }

  /// Reads what stands in `bytes` from `start` to the end.
  public init(_ bytes: [UInt8], from start: Int = 0) throws(MalformedBytes) {
    var reader = ByteReader(bytes, in: start..<bytes.count)
    switch try reader.u8() {
    case Code.initialise: self = .initialise(try ShardMap(from: &reader))
    case Code.createTable:
      let definition = try reader.nested { (input) throws(MalformedBytes) in try TableDefinition(from: &input) }
      let createdAtMs = try reader.u64()
      self = .createTable(definition, createdAtMs: createdAtMs, uniqueID: try reader.blob())
    case Code.createUnnumbered:
      let definition = try EarlierForms.definition(from: &reader)
      let createdAtMs = try reader.u64()
      self = .createUnnumbered(definition, createdAtMs: createdAtMs, uniqueID: try reader.blob())
    case Code.activate:
      let id = try reader.table()
      self = .activate(id, version: try reader.varint())
    case Code.activateUnnumbered: self = .activate(try reader.table(), version: 0)
    case Code.alterTable: self = .alterTable(try TableAlteration(from: &reader))
    case Code.number: self = .number(try reader.table())
    case Code.completeIndex:
      let index = try reader.table()
      self = .completeIndex(index, of: try reader.table())
    case Code.deleteTable: self = .deleteTable(name: try reader.string())
    case Code.forget: self = .forget(try reader.table())
    case Code.ensureReplica:
      let definition = try reader.nested { (input) throws(MalformedBytes) in try TableDefinition(from: &input) }
      let createdAtMs = try reader.u64()
      self = .ensureReplica(definition, createdAtMs: createdAtMs, uniqueID: try reader.blob())
    case Code.leaveReplica:
      let uniqueID = try reader.blob()
      self = .leaveReplica(uniqueID: uniqueID, region: try reader.string())
    case Code.useRelease: self = .useRelease(try reader.u8())
    case Code.retireReplica:
      let uniqueID = try reader.blob()
      self = .retireReplica(uniqueID: uniqueID, region: try reader.string())
    case Code.abandonReplica:
      let uniqueID = try reader.blob()
      self = .abandonReplica(uniqueID: uniqueID, region: try reader.string())
    case Code.completeReplica:
      let region = try reader.string()
      self = .completeReplica(region, of: try reader.table())
    case Code.failReplica:
      let region = try reader.string()
      self = .failReplica(region, of: try reader.table())
    case Code.forgetReplica:
      let region = try reader.string()
      self = .forgetReplica(region, of: try reader.table())
    case Code.adoptShared:
      let definition = try reader.nested { (input) throws(MalformedBytes) in try TableDefinition(from: &input) }
      let version = try ItemVersion(from: &reader)
      self = .adoptShared(definition, version: version, uniqueID: try reader.blob())
    case Code.completeShare:
      let version = try ItemVersion(from: &reader)
      self = .completeShare(version, of: try reader.table())
    case Code.setResidency:
      let table = try reader.string()
      let residency = try reader.optional { (input) throws(MalformedBytes) in
        try Residency(from: &input)
      }
      self = .setResidency(residency, of: table)
    case Code.changeMembers: self = .changeMembers(try ClusterMembers(from: &reader))
    default: throw MalformedBytes("an unknown catalog command")
    }
    try reader.finish()
  }
}

extension TableAlteration {
  func encode(into writer: inout ByteWriter) {
    writer.table(id)
    writer.varint(version)
    writer.nested { definition.encode(into: &$0) }
    writer.u64(atMs)
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    id = try reader.table()
    version = try reader.varint()
    definition = try reader.nested { (input) throws(MalformedBytes) in try TableDefinition(from: &input) }
    atMs = try reader.u64()
  }
}

extension CatalogOutcome {
  /// 2 is a table in an earlier build's form, among the answers that a store remembers.
  private enum Code {
    static let done: UInt8 = 1, earlierTable: UInt8 = 2, tableExists: UInt8 = 3, tableNotFound: UInt8 = 4
    static let tableInUse: UInt8 = 5, deletionProtected: UInt8 = 6, tooManyTables: UInt8 = 7
    static let alreadyInitialised: UInt8 = 8, table: UInt8 = 9, tableChanged: UInt8 = 10
    static let indexesInUse: UInt8 = 11, hasReplicas: UInt8 = 20, residencyForbids: UInt8 = 21
    static let actedAsSource: UInt8 = 22
    static let membersChanged: UInt8 = 40
  }

  public func encode() -> [UInt8] {
    var writer = ByteWriter()
    switch self {
    case .done: writer.u8(Code.done)
    case .table(let table):
      writer.u8(Code.table)
      table.encode(into: &writer)
    case .tableExists: writer.u8(Code.tableExists)
    case .tableNotFound: writer.u8(Code.tableNotFound)
    case .tableInUse(let status):
      writer.u8(Code.tableInUse)
      writer.u8(status.rawValue)
    case .tableChanged: writer.u8(Code.tableChanged)
    case .deletionProtected: writer.u8(Code.deletionProtected)
    case .indexesInUse: writer.u8(Code.indexesInUse)
    case .hasReplicas: writer.u8(Code.hasReplicas)
    case .actedAsSource: writer.u8(Code.actedAsSource)
    case .residencyForbids(let attribute):
      writer.u8(Code.residencyForbids)
      writer.blob(attribute)
    case .tooManyTables: writer.u8(Code.tooManyTables)
    case .alreadyInitialised: writer.u8(Code.alreadyInitialised)
    case .membersChanged: writer.u8(Code.membersChanged)
    }
    return writer.bytes
  }

  public init(_ bytes: [UInt8]) throws(MalformedBytes) {
    var reader = ByteReader(bytes)
    switch try reader.u8() {
    case Code.done: self = .done
    case Code.table: self = .table(try Table(from: &reader))
    case Code.earlierTable: self = .table(try EarlierForms.table(from: &reader))
    case Code.tableExists: self = .tableExists
    case Code.tableNotFound: self = .tableNotFound
    case Code.tableInUse: self = .tableInUse(try reader.stored("an unknown table status"))
    case Code.tableChanged: self = .tableChanged
    case Code.deletionProtected: self = .deletionProtected
    case Code.indexesInUse: self = .indexesInUse
    case Code.hasReplicas: self = .hasReplicas
    case Code.actedAsSource: self = .actedAsSource
    case Code.residencyForbids: self = .residencyForbids(attribute: try reader.blob())
    case Code.tooManyTables: self = .tooManyTables
    case Code.alreadyInitialised: self = .alreadyInitialised
    case Code.membersChanged: self = .membersChanged
    default: throw MalformedBytes("an unknown catalog outcome")
    }
    try reader.finish()
  }
}
