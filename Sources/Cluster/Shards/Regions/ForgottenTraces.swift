import Bytes
public import Messages

/// The trace of a removed item: its version, where there is no item.
public struct Trace: Equatable, Sendable {
  public var key: RowKey
  public var versions: GroupVersions

  public init(key: RowKey, versions: GroupVersions) {
    self.key = key
    self.versions = versions
  }
}

/// Traces of removed items that no region can need any more: an entry of the shard's log. One that is no longer as it was
/// seen stays.
public struct ForgottenTraces: Equatable, Sendable {
  public var table: TableID
  public var traces: [Trace]

  public init(table: TableID, traces: [Trace]) {
    self.table = table
    self.traces = traces
  }

  /// ```
  /// table (u32) | traces (array): row key (blob), versions (blob)
  /// ```
  func encode(into writer: inout ByteWriter) {
    writer.table(table)
    writer.array(traces) { writer, trace in
      writer.rowKey(trace.key)
      writer.blob(VersionRow.encode(trace.versions))
    }
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    table = try reader.table()
    traces = try reader.array { (input) throws(MalformedBytes) in
      let key = try input.rowKey()
      return Trace(key: key, versions: try VersionRow.decode(try input.blob()))
    }
  }
}
