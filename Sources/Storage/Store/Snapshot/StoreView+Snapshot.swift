internal import Bytes

extension StoreView {
  /// The rows with the least keys after `after` (nil: from the first on): as many as fit into `bytesMax` with their
  /// lengths, at least one where one is left.
  ///
  /// Throws ``StoreError``. Blocks: reads about `bytesMax` bytes from the file.
  public func chunk(after: [UInt8]?, bytesMax: Int) throws -> SnapshotChunk {
    var writer = ByteWriter(capacity: bytesMax)
    var count = 0
    var lastKey: [UInt8]?
    var isLast = true
    // The least key above another is that one with a zero byte behind it.
    try scan(from: after.map { $0 + [0] } ?? [], to: nil) { key, value in
      guard count == 0 || writer.count + 8 + key.count + value.count <= bytesMax else {
        isLast = false
        return .stop
      }
      writer.row(key, value)
      count += 1
      lastKey = key
      return .proceed
    }
    return SnapshotChunk(rows: writer.bytes, count: count, lastKey: lastKey, isLast: isLast)
  }
}
