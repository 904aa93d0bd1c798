import Expressions
import Items
public import Messages
import Store

extension ShardMachine {
  /// The applied image of an item; the caller has seen to it that the state is new enough.
  public func get(_ key: RowKey) -> Answer {
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
    guard serves(read.lower.table) else { return .refused(.unknownTable) }
    guard let range, range.contains(read.lower.hash) else { return .refused(.wrongShard) }
    var page = RangePage()
    do {
      try store.scan(from: read.lower.bytes, to: read.upper.bytes, reverse: read.reverse) { key, value in
        try page.add(EncodedItem(trusted: value), read)
        guard page.isFull(read) else { return .proceed }
        page.last = RowKey(bytes: key)
        return .stop
      }
    } catch {
      return .refused(unreadable(error))
    }
    return .page(page)
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

  func isFull(_ read: RangeRead) -> Bool {
    scannedBytes >= UInt64(read.pageBytesMax) || read.limit.map { scannedCount >= $0 } ?? false
  }
}
