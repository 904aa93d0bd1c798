import Bytes
import Messages

/// Beside each item of a table with replicas, and in place of each that was removed, lies its version. Tables without
/// replicas have no such rows, and what reads items knows nothing of them.
///
/// ```
/// reserved id (u32) | row key of the item     versions of its groups
/// ```
enum VersionRow {
  static func key(_ item: RowKey) -> [UInt8] {
    var writer = ByteWriter(capacity: 4 + item.bytes.count)
    writer.table(.itemVersions)
    writer.raw(item.bytes)
    return writer.bytes
  }

  static func prefix(_ table: TableID) -> [UInt8] {
    var writer = ByteWriter(capacity: 8)
    writer.table(.itemVersions)
    writer.table(table)
    return writer.bytes
  }

  static func encode(_ versions: GroupVersions) -> [UInt8] {
    var writer = ByteWriter(capacity: 16 + versions.rest.region.utf8.count)
    versions.encode(into: &writer)
    return writer.bytes
  }

  static func decode(_ bytes: [UInt8]) throws(MalformedBytes) -> GroupVersions {
    var reader = ByteReader(bytes)
    let versions = try GroupVersions(toEnd: &reader)
    try reader.finish()
    return versions
  }
}
