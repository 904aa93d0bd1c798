import Bytes
public import Catalog
import Messages
public import Raft
public import Store

/// The metadata group's replicated state over its store: one row holds the catalog.
public final class CatalogMachine {
  public let store: ShardStore
  public private(set) var catalog: Catalog

  private static let row = RowKey(table: .shardState, hash: 0)

  public init(store: ShardStore) throws {
    self.store = store
    catalog = try store.get(Self.row.bytes).map { try Catalog($0) } ?? Catalog()
  }

  /// Carries out the command in `payload` from `start` on. Traps where it cannot be read, as ``ShardMachine/apply(_:at:)`` does.
  public func apply(_ payload: [UInt8], from start: Int = 0, at position: LogPosition) -> CatalogOutcome {
    let command: CatalogCommand
    do { command = try CatalogCommand(payload, from: start) } catch {
      fatalError(
        "The entry at index \(position.index) of the metadata log cannot be read: \(error.what). A newer release may "
          + "have written it: use that one.")
    }
    let outcome = catalog.apply(command)
    store.put(Self.row.bytes, catalog.encode())
    return outcome
  }
}
