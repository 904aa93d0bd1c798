import Environment
import Testing

@testable import Sink

/// The mapped tables as sets in memory: what a database does, without one.
private final class MemoryState: RelationalState {
  let schema: TargetSchema
  var tables: [[[UInt8]: MappedRow]]
  var parkedRows: [RowName: ParkedRow] = [:]

  init(_ schema: TargetSchema) {
    self.schema = schema
    tables = schema.tables.map { _ in [:] }
  }

  func existing(_ table: Int, _ keys: [[UInt8]]) -> Set<[UInt8]> { Set(keys.filter { tables[table][$0] != nil }) }

  func parked(waitingFor table: Int, _ keys: [[UInt8]]) -> [MappedRow] {
    let names = Set(keys.map { RowName(table: table, key: $0) })
    return parkedRows.values.filter { names.contains($0.waitingFor) }.map(\.row)
  }

  func referring(_ table: Int, foreignKey: Int, _ keys: [[UInt8]]) -> [MappedRow] {
    let key = schema.tables[table].foreignKeys[foreignKey]
    return tables[table].values.filter { row in row.parent(key).map { keys.contains($0) } ?? false }
  }

  /// Carries the plan out in the order of its statements, and checks every foreign key at the end.
  func carryOut(_ plan: RelationalPlan) {
    for table in schema.tables.indices { tables[table].merge(plan.upserts[table]) { $1 } }
    for table in schema.tables.indices { for key in plan.deletes[table] { tables[table][key] = nil } }
    for name in plan.unparked { parkedRows[name] = nil }
    for row in plan.parked { parkedRows[RowName(table: row.row.table, key: row.row.key)] = row }
    for table in schema.tables.indices {
      for row in tables[table].values {
        for key in schema.tables[table].foreignKeys {
          if let parent = row.parent(key) { #expect(tables[key.parent][parent] != nil) }
        }
      }
    }
  }
}

@Suite struct PlanTests {
  /// Four tables as in radiology: b refers to a, c to b, d to a and b. A row is its key and its parents' keys.
  private static let schema: TargetSchema = {
    func table(_ name: String, _ parents: [Int]) throws -> TargetSchema.Table {
      let columns = (0...parents.count).map { index in
        ColumnRule(
          name: "c\(index)", source: .attribute([UInt8(index)]), type: .text, defaultValue: nil, transforms: [], line: 1
        )
      }
      return TargetSchema.Table(
        rule: TableRule(table: name, partition: try KeyPattern("x"), sort: nil, key: 0, columns: columns, line: 1),
        columns: columns.map { _ in TargetSchema.Column(isRequired: false) },
        foreignKeys: parents.enumerated().map { TargetSchema.ForeignKey(column: $0 + 1, parent: $1) })
    }
    let tables = try! [table("a", []), table("b", [0]), table("c", [1]), table("d", [0, 1])]
    return TargetSchema(tables: tables, matchOrder: [0, 1, 2, 3])
  }()

  /// What must be there, told from the items alone: rows all of whose ancestors are.
  private static func visible(_ items: [RowName: MappedRow]) -> [Set<MappedRow>] {
    var visible: [Set<MappedRow>] = schema.tables.map { _ in [] }
    for table in schema.tables.indices {
      for row in items.values where row.table == table {
        let isWhole = schema.tables[table].foreignKeys.allSatisfy { key in
          row.parent(key).map { parent in visible[key.parent].contains { $0.key == parent } } ?? true
        }
        if isWhole { visible[table].insert(row) }
      }
    }
    return visible
  }

  @Test(
    "Whatever the order of parents, children, moves and deletions: what has all its parents is there, all else is parked"
  )
  func randomOrders() throws {
    let schema = Self.schema
    for seed in 0..<400 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      let state = MemoryState(schema)
      var items: [RowName: MappedRow] = [:]
      for _ in 0..<30 {
        var rows: [RowName: MappedRow] = [:]
        var removals: [RowName] = []
        for _ in 0..<(1 + random.below(4)) {
          let table = Int(random.below(4))
          let name = RowName(table: table, key: [UInt8(random.below(3))])
          guard rows[name] == nil, !removals.contains(name) else { continue }
          if random.chance(1, in: 3) {
            removals.append(name)
            items[name] = nil
          } else {
            let parents: [[UInt8]?] = schema.tables[table].foreignKeys.map { _ in
              random.chance(1, in: 8) ? nil : [UInt8(random.below(3))]
            }
            let row = MappedRow(table: table, key: name.key, values: [name.key] + parents)
            rows[name] = row
            items[name] = row
          }
        }
        let plan = try RelationalPlan(schema, rows: Array(rows.values), removals: removals, state: state)
        state.carryOut(plan)
        let expected = Self.visible(items)
        for table in schema.tables.indices { #expect(Set(state.tables[table].values) == expected[table]) }
        let hidden = items.values.filter { !expected[$0.table].contains($0) }
        #expect(Set(state.parkedRows.values.map(\.row)) == Set(hidden))
        guard Set(state.parkedRows.values.map(\.row)) == Set(hidden) else { return }
      }
    }
  }

  @Test("A plan that parks asks for the lock of the parent that is missing") func locks() throws {
    let state = MemoryState(Self.schema)
    let child = MappedRow(table: 1, key: [1], values: [[1], [9]])
    let plan = try RelationalPlan(Self.schema, rows: [child], removals: [], state: state)
    #expect(plan.exclusiveTables == [0])
    let locks = RelationalPlan.locks(Self.schema, exclusive: plan.exclusiveTables)
    #expect(locks.map { $0.sql.contains("_shared") } == [false, true])
  }
}
