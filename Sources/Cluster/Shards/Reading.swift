import Bytes
import Catalog
import Expressions
import Items
public import Messages
import Store

extension ShardMachine {
  /// The applied image of an item; the caller has seen to it that the state is new enough.
  public func get(_ key: RowKey) -> Answer {
    guard damage == nil else { return .refused(.notLeader(leader: nil)) }
    guard serves(key.table) else { return .refused(.unknownTable) }
    guard let range, range.contains(key.hash) else { return .refused(.wrongShard) }
    do {
      return .item(try store.get(key.bytes).map { EncodedItem(trusted: $0) })
    } catch {
      return .refused(unreadable(error))
    }
  }

  /// One page of a range. It ends after the item that reaches the page's bytes or the limit (as DynamoDB's pages do),
  /// and then says where.
  public func read(_ read: RangeRead) -> Answer {
    let id = read.lower.table
    guard damage == nil else { return .refused(.notLeader(leader: nil)) }
    guard tables[id] != nil || indexes[id] != nil else { return .refused(.unknownTable) }
    guard let range, range.contains(read.lower.hash) else { return .refused(.wrongShard) }
    let behind = read.fetchesItems ? indexes[id]?.plan(of: id)?.layout : nil
    var page = RangePage()
    do {
      try store.scan(from: read.lower.bytes, to: read.upper.bytes, reverse: read.reverse) { key, value in
        if let behind {
          try page.add(try fetched(behind, RowKey(bytes: key)), for: EncodedItem(trusted: value), read)
        } else {
          try page.add(EncodedItem(trusted: value), read)
        }
        guard page.isFull(read) else { return .proceed }
        page.last = RowKey(bytes: key)
        return .stop
      }
    } catch {
      return .refused(unreadable(error))
    }
    return .page(page)
  }

  /// The item that a row of a local index stands for. It lies in the same shard and was written in the same step.
  private func fetched(_ index: IndexLayout, _ row: RowKey) throws -> EncodedItem {
    guard let item = try store.get(try index.baseRow(of: row).bytes) else {
      throw MalformedBytes("a row of a local index has no item")
    }
    return EncodedItem(trusted: item)
  }
}

extension RangePage {
  mutating func add(_ item: EncodedItem, _ read: RangeRead) throws {
    scannedCount += 1
    scannedBytes += UInt64(item.sizeBytes)
    if let filter = read.filter, !filter.evaluate(try item.decode()) { return }
    count += 1
    if !read.countOnly { items.append(item) }
  }

  /// `row` is what was read of the index, `item` what is shown in its place.
  mutating func add(_ item: EncodedItem, for row: EncodedItem, _ read: RangeRead) throws {
    scannedCount += 1
    scannedBytes += UInt64(row.sizeBytes)
    fetchedSteps += UInt32(max(1, (item.sizeBytes + 4_095) / 4_096))
    if let filter = read.filter, !filter.evaluate(try item.decode()) { return }
    count += 1
    if !read.countOnly { items.append(item) }
  }

  func isFull(_ read: RangeRead) -> Bool {
    scannedBytes + UInt64(fetchedSteps) * 4_096 >= UInt64(read.pageBytesMax)
      || read.limit.map { scannedCount >= $0 } ?? false
  }
}
