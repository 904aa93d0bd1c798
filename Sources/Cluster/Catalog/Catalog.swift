public import Messages

/// The state of the metadata group: what exists in this region, and where it is.
public struct Catalog: Equatable, Sendable {
  /// Raised by every change.
  public internal(set) var version: UInt64
  /// Nil until the cluster was initialised.
  public internal(set) var shardMap: ShardMap?
  /// Ascending by name (bytewise, as `ListTables` pages).
  public internal(set) var tables: [Table]
  var nextTableID: UInt32
  /// By which rules commands are applied: 0 as an earlier release did it, as long as a node of the region may run it, and
  /// where there is no other region.
  public internal(set) var release: UInt8 = 0
  /// Ascending by the table's name.
  public internal(set) var residencies: [TableResidency] = []
  /// Nil until nodes were added or taken away: before, members and places are those that the cluster was made with.
  public internal(set) var members: ClusterMembers?

  public init() {
    version = 0
    shardMap = nil
    tables = []
    nextTableID = 1
    members = nil
  }

  /// Table names are ASCII, so the order of their bytes is that of their characters. O(log n).
  public func table(named name: String) -> Table? {
    let position = self.position(of: name)
    return position < tables.count && tables[position].name == name ? tables[position] : nil
  }

  public func table(_ id: TableID) -> Table? { tables.first { $0.id == id } }

  /// The index of the first table whose name is not below `name`.
  public func position(of name: String) -> Int {
    var low = 0
    var high = tables.count
    while low < high {
      let middle = (low + high) / 2
      if tables[middle].name < name { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
