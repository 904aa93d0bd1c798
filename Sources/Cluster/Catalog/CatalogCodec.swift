public import Bytes
import Messages

extension Catalog {
  public func encode() -> [UInt8] {
    var writer = ByteWriter(capacity: 1024)
    writer.varint(version)
    writer.optional(shardMap) { $1.encode(into: &$0) }
    writer.array(tables) { $1.encode(into: &$0) }
    writer.u32(nextTableID)
    return writer.bytes
  }

  public init(_ bytes: [UInt8]) throws(MalformedBytes) {
    var reader = ByteReader(bytes)
    version = try reader.varint()
    shardMap = try reader.optional { (input) throws(MalformedBytes) in try ShardMap(from: &input) }
    tables = try reader.array { (input) throws(MalformedBytes) in try Table(from: &input) }
    nextTableID = try reader.u32()
    try reader.finish()
  }
}

extension CatalogCommand {
  private enum Code {
    static let initialise: UInt8 = 1, createTable: UInt8 = 2, activate: UInt8 = 3, deleteTable: UInt8 = 4
    static let forget: UInt8 = 5
  }

  public func encode() -> [UInt8] {
    var writer = ByteWriter()
    switch self {
    case .initialise(let map):
      writer.u8(Code.initialise)
      map.encode(into: &writer)
    case .createTable(let definition, let createdAtMs, let uniqueID):
      writer.u8(Code.createTable)
      definition.encode(into: &writer)
      writer.u64(createdAtMs)
      writer.blob(uniqueID)
    case .activate(let id):
      writer.u8(Code.activate)
      writer.table(id)
    case .deleteTable(let name):
      writer.u8(Code.deleteTable)
      writer.string(name)
    case .forget(let id):
      writer.u8(Code.forget)
      writer.table(id)
    }
    return writer.bytes
  }

  /// Reads what stands in `bytes` from `start` to the end.
  public init(_ bytes: [UInt8], from start: Int = 0) throws(MalformedBytes) {
    var reader = ByteReader(bytes, in: start..<bytes.count)
    switch try reader.u8() {
    case Code.initialise: self = .initialise(try ShardMap(from: &reader))
    case Code.createTable:
      let definition = try TableDefinition(from: &reader)
      let createdAtMs = try reader.u64()
      self = .createTable(definition, createdAtMs: createdAtMs, uniqueID: try reader.blob())
    case Code.activate: self = .activate(try reader.table())
    case Code.deleteTable: self = .deleteTable(name: try reader.string())
    case Code.forget: self = .forget(try reader.table())
    default: throw MalformedBytes("an unknown catalog command")
    }
    try reader.finish()
  }
}

extension CatalogOutcome {
  private enum Code {
    static let done: UInt8 = 1, table: UInt8 = 2, tableExists: UInt8 = 3, tableNotFound: UInt8 = 4
    static let tableInUse: UInt8 = 5, deletionProtected: UInt8 = 6, tooManyTables: UInt8 = 7
    static let alreadyInitialised: UInt8 = 8
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
    case .deletionProtected: writer.u8(Code.deletionProtected)
    case .tooManyTables: writer.u8(Code.tooManyTables)
    case .alreadyInitialised: writer.u8(Code.alreadyInitialised)
    }
    return writer.bytes
  }

  public init(_ bytes: [UInt8]) throws(MalformedBytes) {
    var reader = ByteReader(bytes)
    switch try reader.u8() {
    case Code.done: self = .done
    case Code.table: self = .table(try Table(from: &reader))
    case Code.tableExists: self = .tableExists
    case Code.tableNotFound: self = .tableNotFound
    case Code.tableInUse: self = .tableInUse(try reader.stored("an unknown table status"))
    case Code.deletionProtected: self = .deletionProtected
    case Code.tooManyTables: self = .tooManyTables
    case Code.alreadyInitialised: self = .alreadyInitialised
    default: throw MalformedBytes("an unknown catalog outcome")
    }
    try reader.finish()
  }
}
