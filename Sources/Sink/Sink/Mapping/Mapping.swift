internal import Items

/// What a mapping file says: which items become rows of which tables, and what is done to attributes before.
public struct Mapping: Sendable {
  /// As the user gave it, or the name of a built-in mapping.
  let file: String
  let text: String
  /// The family of migrations that makes its tables; nil where they are the user's own.
  let schema: String?
  let residency: [ResidencyRule]
  /// In the file's order: the first that an item's keys match is its table.
  let tables: [TableRule]

  /// Mirrors items only.
  static let none = Mapping(file: "no mapping", text: "", schema: nil, residency: [], tables: [])
}

/// Which items become rows of one table.
struct TableRule: Sendable {
  var table: String
  var partition: KeyPattern
  /// Nil: any.
  var sort: KeyPattern?
  /// The primary key's index in `columns`.
  var key: Int
  var columns: [ColumnRule]
  var line: Int

  /// The values of the keys' parts; nil where the item is none of this table's.
  func parts(_ item: AttributeMap, of table: TableShape) -> [[UInt8]]? {
    guard case .string(let pk) = item[table.partitionKey], let first = partition.match(pk) else { return nil }
    guard let sort else { return first }
    guard let name = table.sortKey, case .string(let sk) = item[name], let second = sort.match(sk) else { return nil }
    return first + second
  }
}
