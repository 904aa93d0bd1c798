/// Which version of the protocol between processes brought entries that releases before it do not write.
///
/// A release stops at an entry that it cannot read. So these are proposed only once every node that has to read them was
/// heard to speak that version, as the nodes of a cluster are upgraded one by one. Until the last of them is, each can go
/// back to the release before.
public enum EntryVersions {
  /// Of every entry that is not listed here.
  public static let first: UInt16 = 2
  /// Orders to sum a range of rows.
  public static let rangeSums: UInt16 = 3
  /// Commands of the catalog about replicas that leave, what replicas have in common, and residency.
  public static let replicas: UInt16 = 3
  /// The members of a region, once a node comes or goes.
  public static let members: UInt16 = 3
  /// What lets regions forget the traces of removed items, fill a region that is too far behind, and close a table.
  public static let traces: UInt16 = 3
}

extension Operation {
  /// What a process has to speak to be asked for it by another region, which may be upgraded later. Within a region an
  /// entry comes first.
  public var version: UInt16 {
    if case .regionMark = self { return EntryVersions.traces }
    return EntryVersions.first
  }
}
