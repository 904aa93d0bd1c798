internal import Items

/// The tables of a mapping as the database has them, parents before children.
struct TargetSchema: Sendable {
  struct Column: Sendable {
    /// NULL is refused and there is no default.
    var isRequired: Bool
    /// Of `varchar(n)`.
    var charactersMax: Int?
    /// As SQL, from the catalog.
    var defaultExpression: String?
  }

  struct ForeignKey: Sendable, Equatable {
    /// Index of the referencing column.
    var column: Int
    /// Index of the table whose primary key is referenced.
    var parent: Int
  }

  struct Table: Sendable {
    var rule: TableRule
    /// Beside `rule.columns`.
    var columns: [Column]
    var foreignKeys: [ForeignKey]
    var name: String { rule.table }
  }

  let tables: [Table]
  /// Indices of `tables` in the mapping's order.
  let matchOrder: [Int]
  /// The children of each table: which table, and which of its foreign keys.
  let children: [[(table: Int, foreignKey: Int)]]

  static let none = TargetSchema(tables: [], matchOrder: [])

  /// - Parameter tables: parents first.
  init(tables: [Table], matchOrder: [Int]) {
    self.tables = tables
    self.matchOrder = matchOrder
    children = tables.indices.map { parent in
      tables.indices.flatMap { child in
        tables[child].foreignKeys.indices
          .filter { tables[child].foreignKeys[$0].parent == parent }
          .map { (table: child, foreignKey: $0) }
      }
    }
  }

  func index(of name: String) -> Int? { tables.firstIndex { $0.name == name } }
}

/// A row as PostgreSQL reads it.
struct MappedRow: Hashable, Sendable {
  /// Index in the target schema.
  var table: Int
  var key: [UInt8]
  /// Beside the rule's columns; nil is NULL.
  var values: [[UInt8]?]

  func parent(_ foreignKey: TargetSchema.ForeignKey) -> [UInt8]? { values[foreignKey.column] }
}

/// What an item is to the relational tables.
enum MappingOutcome: Sendable {
  /// Only mirrored.
  case unmapped
  case row(MappedRow)
  /// It should be a row of this table, but cannot.
  case fault(table: Int, reason: String)
}

extension TargetSchema {
  func map(_ item: AttributeMap, of shape: TableShape) -> MappingOutcome {
    for index in matchOrder {
      guard let parts = tables[index].rule.parts(item, of: shape) else { continue }
      do throws(MappingFault) {
        return .row(try row(index, item, parts))
      } catch {
        return .fault(table: index, reason: error.reason)
      }
    }
    return .unmapped
  }

  private func row(_ index: Int, _ item: AttributeMap, _ parts: [[UInt8]]) throws(MappingFault) -> MappedRow {
    let table = tables[index]
    var values: [[UInt8]?] = []
    values.reserveCapacity(table.columns.count)
    for (rule, column) in zip(table.rule.columns, table.columns) {
      let value = try rule.value(item, parts: parts)
      try Self.check(value, rule, column)
      values.append(value)
    }
    guard let key = values[table.rule.key], !key.isEmpty else {
      let rule = table.rule.columns[table.rule.key]
      throw MappingFault("\(rule.source.summary) is missing, and column \(rule.name) is the primary key")
    }
    return MappedRow(table: index, key: key, values: values)
  }

  private static func check(_ value: [UInt8]?, _ rule: ColumnRule, _ column: Column) throws(MappingFault) {
    guard let value else {
      guard column.isRequired else { return }
      throw MappingFault("\(rule.source.summary) is missing, and column \(rule.name) takes no NULL")
    }
    // A character has at least one byte, so that most values need no counting.
    guard let most = column.charactersMax, value.count > most else { return }
    let characters = value.count { $0 & 0xC0 != 0x80 }
    guard characters > most else { return }
    throw MappingFault("\(rule.source.summary) has \(characters) characters; column \(rule.name) holds \(most)")
  }
}
