internal import Catalog
internal import Coordinator
internal import Environment

enum DeleteTable {
  static func run(_ body: UnsafeBufferPointer<UInt8>, _ exchange: Exchange) throws(APIError) {
    let name = try NamedTableRequest.parse(body)
    exchange.known(name, missing: .notFound(table: name)) { table in
      if table.actedAsSource(atMs: exchange.service.clock.wallTimeMs) { return exchange.fail(.actedAsSource) }
      delete(name, exchange)
    }
  }

  private static func delete(_ name: String, _ exchange: Exchange) {
    exchange.service.target.submit(.deleteTable(name: name)) { outcome in
      switch outcome {
      case .catalog(.table(let table)): exchange.succeed("TableDescription", table, showsSchema: false)
      case .catalog(.tableNotFound): exchange.fail(.notFound(table: name))
      case .catalog(.tableInUse(let status)):
        exchange.fail(.inUse(table: name, status))
      case .catalog(.indexesInUse):
        exchange.fail(
          APIError(
            .resourceInUse,
            "Attempt to change a resource which is still in use: Cannot delete table while indexes are being created, "
              + "updated, or deleted."))
      // Only while the nodes of the region are upgraded. The text is ours.
      case .catalog(.hasReplicas):
        exchange.fail(
          .validation(
            "Table has replicas in other regions, and a node may run a release that cannot delete it: \(name)"))
      case .catalog(.deletionProtected): exchange.fail(.deletionProtected)
      case .failed(let failure): exchange.fail(APIError(failure))
      default: fatalError("DeleteTable ended with the outcome of another call.")
      }
    }
  }
}

extension APIError {
  static let actedAsSource = APIError.validation(
    "Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the table in "
      + "the last 24 hours.")

  static let deletionProtected = APIError.validation(
    "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")

  static func inUse(table name: String, _ status: TableStatus) -> APIError {
    let verb =
      switch status {
      case .creating: "created"
      case .updating, .active: "updated"
      case .deleting: "deleted"
      }
    return APIError(
      .resourceInUse, "Attempt to change a resource which is still in use: Table is being \(verb): \(name)")
  }
}
