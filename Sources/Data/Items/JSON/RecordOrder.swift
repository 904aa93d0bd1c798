internal import Bytes

/// What a sequence of encoded records is made of, and so where each one's key lies.
enum RecordKind {
  /// Attributes: a name and a value; ordered by name, the last of equal names stays.
  case attribute
  /// Elements of a string or binary set.
  case blob
  /// Elements of a number set.
  case number
}

private struct Record {
  var start: UInt32
  var end: UInt32
  var keyStart: UInt32
  var keyEnd: UInt32
}

/// Brings records that were appended in the client's order into the canonical one.
enum RecordOrder {
  /// Sorts the `count` records that fill `writer` from `start` on. False, and nothing done, where a set holds an
  /// element twice.
  static func sort(_ writer: inout ByteWriter, from start: Int, count: Int, kind: RecordKind) -> Bool {
    let end = writer.bytes.count
    let newEnd = withUnsafeTemporaryAllocation(of: Record.self, capacity: count) { records -> Int? in
      writer.bytes.withUnsafeMutableBufferPointer { bytes -> Int? in
        find(records, in: UnsafeBufferPointer(bytes), from: start, kind: kind)
        order(records, in: UnsafeBufferPointer(bytes))
        if kind != .attribute, holdsEqualKeys(records, in: UnsafeBufferPointer(bytes)) { return nil }
        return rewrite(bytes, from: start, to: end, in: records)
      }
    }
    guard let newEnd else { return false }
    writer.bytes.removeLast(end - newEnd)
    return true
  }

  private static func find(
    _ records: UnsafeMutableBufferPointer<Record>, in bytes: UnsafeBufferPointer<UInt8>, from start: Int,
    kind: RecordKind
  ) {
    var cursor = EncodedCursor(bytes, from: start, to: bytes.count)
    for index in records.indices {
      let start = cursor.position
      do throws(MalformedBytes) {
        var key = start..<start
        switch kind {
        case .number:
          try cursor.skipNumber()
          key = start..<cursor.position
        case .blob, .attribute:
          let length = try cursor.blob().count
          key = cursor.position - length..<cursor.position
          if kind == .attribute { try cursor.skipValue() }
        }
        records.initializeElement(
          at: index,
          to: Record(
            start: UInt32(start), end: UInt32(cursor.position), keyStart: UInt32(key.lowerBound),
            keyEnd: UInt32(key.upperBound)))
      } catch {
        fatalError("Records that were just written are malformed: \(error.what).")
      }
    }
  }

  private static func order(_ records: UnsafeMutableBufferPointer<Record>, in bytes: UnsafeBufferPointer<UInt8>) {
    guard records.count <= 16 else {
      var records = records
      records.sort { precedes($0, $1, in: bytes) }
      return
    }
    for index in 1..<max(records.count, 1) {
      let record = records[index]
      var hole = index
      while hole > 0, precedes(record, records[hole - 1], in: bytes) {
        records[hole] = records[hole - 1]
        hole -= 1
      }
      records[hole] = record
    }
  }

  @inline(__always) private static func precedes(
    _ left: Record, _ right: Record, in bytes: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    let order = compareKeys(left, right, in: bytes)
    return order == 0 ? left.start < right.start : order < 0
  }

  @inline(__always) private static func compareKeys(
    _ left: Record, _ right: Record, in bytes: UnsafeBufferPointer<UInt8>
  ) -> Int {
    ByteOrder.compare(
      UnsafeBufferPointer(rebasing: bytes[Int(left.keyStart)..<Int(left.keyEnd)]),
      UnsafeBufferPointer(rebasing: bytes[Int(right.keyStart)..<Int(right.keyEnd)]))
  }

  private static func holdsEqualKeys(
    _ records: UnsafeMutableBufferPointer<Record>, in bytes: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    for index in records.indices.dropFirst()
    where compareKeys(records[index - 1], records[index], in: bytes) == 0 {
      return true
    }
    return false
  }

  /// Writes the records back in their order, of equal keys the last, and returns where they end.
  private static func rewrite(
    _ bytes: UnsafeMutableBufferPointer<UInt8>, from start: Int, to end: Int,
    in records: UnsafeMutableBufferPointer<Record>
  ) -> Int {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: end - start) { copy in
      _ = copy.initialize(fromContentsOf: bytes[start..<end])
      let old = UnsafeBufferPointer(bytes)
      var kept = 0
      for index in records.indices {
        let isLast = index + 1 == records.count || compareKeys(records[index], records[index + 1], in: old) != 0
        guard isLast else { continue }
        records[kept] = records[index]
        kept += 1
      }
      var position = start
      for record in records[..<kept] {
        let source = UnsafeBufferPointer(rebasing: copy[Int(record.start) - start..<Int(record.end) - start])
        _ = UnsafeMutableBufferPointer(rebasing: bytes[position..<end]).update(fromContentsOf: source)
        position += source.count
      }
      return position
    }
  }
}

/// Follows whether records arrive in the canonical order, which spares sorting them.
struct RecordTrack {
  let start: Int
  private(set) var count = 0
  private(set) var isAscending = true
  private var lastKey = 0..<0

  init(start: Int) { self.start = start }

  @inline(__always) mutating func note(_ key: Range<Int>, in output: ByteWriter) {
    if count > 0, isAscending {
      isAscending = output.bytes.withUnsafeBufferPointer {
        ByteOrder.compare(UnsafeBufferPointer(rebasing: $0[lastKey]), UnsafeBufferPointer(rebasing: $0[key])) < 0
      }
    }
    count += 1
    lastKey = key
  }
}
