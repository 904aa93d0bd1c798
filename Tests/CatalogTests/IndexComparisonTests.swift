import Catalog
import Items
import Messages
import Testing

/// The judge itself has to see each kind of fault.
@Suite struct IndexComparisonTests {
  private let index: IndexLayout = {
    func key(_ name: String) -> KeyAttribute { KeyAttribute(name: Array(name.utf8), type: .string) }
    let settings = IndexSettings(
      id: TableID(2), kind: .global, key: IndexKeySchema(partition: key("G")), projection: .include,
      includedAttributes: [Array("note".utf8)])
    return IndexLayout(settings, of: TableID(1), base: KeySchema(partition: key("PK")))
  }()

  private func item(_ name: String, _ attributes: KeyValuePairs<String, String>) -> EncodedItem {
    var map = AttributeMap([.init(name: Array("PK".utf8), value: .text(name))])
    for (name, value) in attributes { map[Array(name.utf8)] = .text(value) }
    return EncodedItem(map)
  }

  private func faults(_ rows: [EncodedItem]) throws -> [String] {
    let items = [
      item("a", ["G": "g1", "note": "n", "more": "m"]), item("b", ["G": "g1"]), item("c", ["note": "no key"]),
      item("d", ["G": ""]),
    ]
    return try IndexComparison.faults(of: index, items: items, rows: rows)
  }

  @Test func anIndexHoldsWhatIsProjectedOfItemsWithItsKeys() throws {
    let (a, b) = (item("a", ["G": "g1", "note": "n"]), item("b", ["G": "g1"]))
    #expect(try faults([b, a]).isEmpty)
    #expect(try faults([a]) == ["the item b has no row"])
    #expect(try faults([a, b, b]) == ["the item b has two rows"])
    #expect(try faults([a, b, item("c", ["note": "no key"])]) == ["the item c has a row and should have none"])
    #expect(try faults([a, b, item("z", ["G": "g1"])]) == ["the item z has a row and should have none"])
    #expect(try faults([item("a", ["G": "g1"]), b]) == ["the item a has a row that shows another image"])
    #expect(try faults([item("a", ["G": "g2", "note": "n"]), b]) == ["the item a has a row that shows another image"])
  }
}
