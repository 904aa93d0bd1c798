/// From which version of the protocol between processes on a node reads entries that earlier releases did not write.
///
/// A release stops at an entry that it cannot read. So what is listed here is proposed only once every node that has to
/// read it was heard to speak that version, as the nodes of a cluster are upgraded one by one. Until the last of them is,
/// each can go back to the release before.
public enum EntryVersions {
  /// Orders to sum a range of rows.
  public static let rangeSums: UInt16 = 3
  /// The members of a region, once a node comes or goes.
  public static let members: UInt16 = 3
}
