public import Bytes
public import Items

/// Whether an index is what the items of its table imply: each item that has the index's key attributes has one row, with
/// what is projected of it, and there is no other row. What tests, drills and the simulator judge by.
public enum IndexComparison {
  /// What is wrong, in words, in the order of the items' keys; empty where nothing is.
  ///
  /// - Parameters:
  ///   - items: of the table, all of them.
  ///   - rows: of the index, all of them.
  public static func faults(
    of index: IndexLayout, items: [EncodedItem], rows: [EncodedItem]
  ) throws(MalformedBytes) -> [String] {
    var implied: [EncodedItem: EncodedItem] = [:]
    for item in items where try index.values(of: item) != nil {
      implied[try key(of: item, index)] = try index.projection(of: item)
    }
    var faults: [(key: EncodedItem, text: String)] = []
    var seen: Set<EncodedItem> = []
    for row in rows {
      let key = try key(of: row, index)
      if !seen.insert(key).inserted { faults.append((key, "has two rows")) }
      if implied[key] == nil {
        faults.append((key, "has a row and should have none"))
      } else if implied[key] != row {
        faults.append((key, "has a row that shows another image"))
      }
    }
    for key in implied.keys where !seen.contains(key) { faults.append((key, "has no row")) }
    let sorted = faults.sorted { ByteOrder.precedes($0.key.bytes, $1.key.bytes) }
    return sorted.map { "\(text(of: $0.key)) \($0.text)" }
  }

  private static func key(of item: EncodedItem, _ index: IndexLayout) throws(MalformedBytes) -> EncodedItem {
    try item.subset(index.base.attributes.map(\.name).sorted(by: ByteOrder.precedes))
  }

  private static func text(of key: EncodedItem) -> String {
    guard let map = try? key.decode() else { return "an unreadable item" }
    let values = map.elements.map { element in
      switch element.value {
      case .string(let bytes): String(decoding: bytes, as: UTF8.self)
      case .number(let number): "\(number)"
      default: "\(element.value)"
      }
    }
    return "the item " + values.joined(separator: ", ")
  }
}
