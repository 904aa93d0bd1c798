internal import Catalog
internal import Coordinator

enum DeleteTable {
  static func run(_ body: UnsafeBufferPointer<UInt8>, _ exchange: Exchange) throws(APIError) {
    let name = try NamedTableRequest.parse(body)
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
      // The text is ours. The service would leave the replicas in the other regions alone.
      case .catalog(.hasReplicas):
        exchange.fail(
          .validation(
            "Table has replicas in other regions. Remove them first, by UpdateTable with ReplicaUpdates: \(name)"))
      case .catalog(.deletionProtected):
        exchange.fail(
          .validation(
            "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection "
              + "first."))
      case .failed(let failure): exchange.fail(APIError(failure))
      default: fatalError("DeleteTable ended with the outcome of another call.")
      }
    }
  }
}

extension APIError {
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
