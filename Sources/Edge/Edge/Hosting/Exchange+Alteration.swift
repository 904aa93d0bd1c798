internal import Catalog
internal import Coordinator
internal import Environment

/// Changes of tables that exist.
extension Exchange {
  /// How often a change is made anew because another one came first.
  private static let triesMax = 100

  /// Makes a change from the newest state of the table; again where another change came first.
  ///
  /// - Parameters:
  ///   - missing: the answer where there is no such table.
  ///   - change: the definition that the table is to have; throws what the request is refused with.
  ///   - done: gets the table as the change left it, once every shard has followed.
  func alter(
    _ name: String, missing: APIError, tries: Int = 1,
    change: @escaping (Table) throws(APIError) -> TableDefinition, done: @escaping (Table) -> Void
  ) {
    known(name, missing: missing) { [self] table in
      guard table.status == .active || table.status == .updating else { return fail(.inUse(table: name, table.status)) }
      attempt { [self] () throws(APIError) in
        let definition = try change(table)
        guard definition != table.definition else { return done(table) }
        let alteration = TableAlteration(of: table, to: definition, atMs: service.clock.wallTimeMs)
        service.target.submit(.alterTable(alteration)) { [self] outcome in
          switch outcome {
          case .catalog(.table(let altered)): done(altered)
          case .catalog(.tableChanged) where tries < Self.triesMax:
            alter(name, missing: missing, tries: tries + 1, change: change, done: done)
          case .catalog(.tableChanged): fail(.inUse(table: name, .updating))
          case .catalog(.tableInUse(let status)): fail(.inUse(table: name, status))
          case .catalog(.tableNotFound): fail(missing)
          case .catalog(.residencyForbids(let attribute)): fail(.withheld(attribute, table: name))
          case .catalog(.deletionProtected): fail(.deletionProtected)
          case .catalog(.actedAsSource): fail(.actedAsSource)
          case .failed(let failure): fail(APIError(failure))
          default: fatalError("An alteration ended with the outcome of another call.")
          }
        }
      }
    }
  }

  /// The newest state of a table.
  func known(_ name: String, missing: APIError, _ body: @escaping (Table) -> Void) {
    refreshed { [self] error in
      if let error { return fail(error) }
      guard let handle = service.anyTable(name) else { return fail(missing) }
      body(handle.table)
    }
  }
}

extension APIError {
  /// The text is ours: the service knows no such rules.
  static func withheld(_ attribute: [UInt8], table name: String) -> APIError {
    .validation(
      "A residency rule of the table \(name) withholds the attribute \(String(decoding: attribute, as: UTF8.self)) from "
        + "a region: it cannot be a key of the table or of an index.")
  }
}
