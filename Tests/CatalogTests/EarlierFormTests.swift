import Bytes
import Catalog
import Items
import Messages
import Testing

/// Stores and logs of an earlier build, in which indexes had no ids and settings no version.
@Suite struct EarlierFormTests {
  /// A definition as that build wrote it: `t` with PK, a global index `a` on SK, and a stream of new images.
  private func definition() -> [UInt8] {
    var writer = ByteWriter()
    writer.string("t")
    key("PK", &writer)
    writer.u8(0)
    writer.count(2)
    key("PK", &writer)
    key("SK", &writer)
    writer.u8(2)
    writer.u8(0)
    writer.count(1)
    writer.string("a")
    writer.u8(1)
    key("SK", &writer)
    writer.u8(1)
    key("PK", &writer)
    writer.u8(1)
    writer.count(0)
    writer.u8(0)
    writer.u8(1)
    writer.u8(2)
    writer.u8(1)
    writer.bool(false)
    writer.count(1)
    writer.string("k")
    writer.string("v")
    return writer.bytes
  }

  private func key(_ name: String, _ writer: inout ByteWriter) {
    writer.string(name)
    writer.u8(1)
  }

  private func create(_ unique: UInt8 = 7) -> [UInt8] {
    var writer = ByteWriter()
    writer.u8(2)
    writer.raw(definition())
    writer.u64(55)
    writer.blob([UInt8](repeating: unique, count: 16))
    return writer.bytes
  }

  /// A whole catalog with the table as number 1, active.
  private func catalog() -> [UInt8] {
    var writer = ByteWriter()
    writer.varint(2)
    writer.u8(0)
    writer.count(1)
    writer.table(TableID(1))
    writer.raw(definition())
    writer.u8(2)
    writer.u64(55)
    writer.blob([UInt8](repeating: 7, count: 16))
    writer.u32(2)
    return writer.bytes
  }

  private let activate: [UInt8] = [3, 0, 0, 0, 1]

  @Test func aStoredCatalogIsReadAndWrittenAnew() throws {
    let read = try Catalog(catalog())
    let table = try #require(read.table(named: "t"))
    #expect(table.definition.indexes.map(\.name) == ["a"] && table.indexes == [])
    #expect(table.definition.tags == [Tag(key: "k", value: "v")] && table.definition.stream == .newImage)
    #expect(table.status == .active && table.createdAtMs == 55)
    #expect(try Catalog(read.encode()) == read)
    for length in catalog().indices {
      #expect(throws: MalformedBytes.self) { try Catalog(Array(catalog()[..<length])) }
    }
  }

  /// One replica may have flushed what another reads from its log again, with this build.
  @Test func theLogLeadsToTheCatalogThatTheEarlierBuildStored() throws {
    var replayed = Catalog()
    _ = replayed.apply(try CatalogCommand(create()))
    _ = replayed.apply(try CatalogCommand(activate))
    #expect(replayed == (try Catalog(catalog())))
  }

  @Test func indexesOfAnEarlierBuildGetIdsAndAreFilled() throws {
    var catalog = try Catalog(catalog())
    let table = try #require(catalog.table(named: "t"))
    #expect(Catalog.needsNumbering(table))
    guard case .table(let numbered) = catalog.apply(.number(table.id)) else {
      Issue.record("The table was not numbered.")
      return
    }
    #expect(numbered.indexes == [TableIndex(name: "a", id: TableID(2), status: .creating)])
    #expect(numbered.status == .updating && numbered.settings.version > 0)
    #expect(numbered.settings.stream == StreamSettings(view: .newImage, startedAtMs: 55))
    #expect(catalog.apply(.number(table.id)) == .tableNotFound, "Once is enough.")
  }

  /// Whatever change comes first.
  @Test func anAlterationNumbersThemToo() throws {
    var catalog = try Catalog(catalog())
    let table = try #require(catalog.table(named: "t"))
    var definition = table.definition
    definition.tags = []
    guard case .table(let altered) = catalog.apply(.alterTable(TableAlteration(of: table, to: definition, atMs: 1)))
    else {
      Issue.record("The table was not altered.")
      return
    }
    #expect(altered.indexes.map(\.status) == [.creating] && altered.status == .updating)
  }
}
