public import Bytes
public import Items

/// Changes of the rows that one shard holds of a global index, in the order of the source's feed.
///
/// The shard keeps the highest sequence that it applied for each source and index. A batch that says it follows on a
/// higher one is refused, because changes are missing before it; what it repeats is ignored. So a batch that was delayed
/// beyond a change of leaders does no harm, however often and late it comes.
public struct IndexBatch: Equatable, Sendable {
  /// What one item's change does to the rows of this shard. On a move within the shard the put comes first.
  public struct Change: Equatable, Sendable {
    /// Of the change in the source's feed; ascending.
    public var sequence: UInt64
    public var put: Row?
    public var delete: RowKey?

    public init(sequence: UInt64, put: Row? = nil, delete: RowKey? = nil) {
      self.sequence = sequence
      self.put = put
      self.delete = delete
    }
  }

  public struct Row: Equatable, Sendable {
    public var key: RowKey
    public var item: EncodedItem

    public init(key: RowKey, item: EncodedItem) {
      self.key = key
      self.item = item
    }
  }

  public var source: ShardID
  public var index: TableID
  /// The change before the first one of the batch, for the same shard and index; 0 where there was none.
  public var predecessor: UInt64
  /// At least one.
  public var changes: [Change]

  public init(source: ShardID, index: TableID, predecessor: UInt64, changes: [Change]) {
    self.source = source
    self.index = index
    self.predecessor = predecessor
    self.changes = changes
  }

  public var last: UInt64 { changes.last?.sequence ?? predecessor }

  /// ```
  /// source (u32) | index (u32) | predecessor (varint) | changes (array): sequence above the one before (varint) |
  /// put? key (blob), item (blob) | delete? key (blob)
  /// ```
  public func encode(into writer: inout ByteWriter) {
    writer.shard(source)
    writer.table(index)
    writer.varint(predecessor)
    var before = predecessor
    writer.array(changes) { writer, change in
      writer.varint(change.sequence - before)
      before = change.sequence
      writer.optional(change.put) {
        $0.rowKey($1.key)
        $0.item($1.item)
      }
      writer.optional(change.delete) { $0.rowKey($1) }
    }
  }

  public init(from reader: inout ByteReader) throws(MalformedBytes) {
    source = try reader.shard()
    index = try reader.table()
    predecessor = try reader.varint()
    var before = predecessor
    changes = try reader.array { (input) throws(MalformedBytes) in
      let (sequence, overflows) = before.addingReportingOverflow(try input.varint())
      guard !overflows else { throw MalformedBytes("an index batch's sequence is too high") }
      before = sequence
      let put = try input.optional { (input) throws(MalformedBytes) in
        let key = try input.rowKey()
        return Row(key: key, item: try input.item())
      }
      return Change(
        sequence: sequence, put: put,
        delete: try input.optional { (input) throws(MalformedBytes) in try input.rowKey() })
    }
  }
}
