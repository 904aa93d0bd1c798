/// A step of the schema, applied once. What was released is never edited: a later step changes it.
struct Migration: Sendable {
  /// Ascending within its family, from 1.
  var version: Int
  var name: String
  var sql: String

  /// Steps that belong together: a database has all of a family or none.
  struct Family: Sendable {
    var name: String
    var steps: [Migration]
  }
}

extension Migration.Family {
  /// What every sink needs.
  static let core = Migration.Family(
    name: "core",
    steps: [
      Migration(version: 1, name: "mirror", sql: CoreSchema.mirror),
      Migration(version: 2, name: "audit", sql: CoreSchema.audit),
      Migration(version: 3, name: "progress", sql: CoreSchema.progress),
      Migration(version: 4, name: "set aside", sql: CoreSchema.setAside),
      Migration(version: 5, name: "first load", sql: CoreSchema.load),
      Migration(version: 6, name: "identity", sql: CoreSchema.identity),
    ])

  /// Patients, orders, reports and billing of a radiology department; for mappings that say `schema: radiology`.
  static let radiology = Migration.Family(
    name: "radiology",
    steps: [
      Migration(version: 1, name: "tables", sql: RadiologySchema.tables),
      Migration(version: 2, name: "indexes", sql: RadiologySchema.indexes),
    ])

  /// Nil where there is no such family.
  static func named(_ name: String) -> Migration.Family? {
    switch name {
    case "core": core
    case "radiology": radiology
    default: nil
    }
  }
}
