internal import Coordinator
internal import Items
internal import Messages

enum Scan {
  /// A part of the hash space. Segments are equal parts of it; together they cover it.
  struct Segment {
    var lower: UInt64
    /// Nil at the end of the hash space.
    var upper: UInt64?

    init(_ index: Int, of count: Int) {
      lower = Self.boundary(index, count)
      upper = index + 1 == count ? nil : Self.boundary(index + 1, count)
    }

    private static func boundary(_ index: Int, _ count: Int) -> UInt64 {
      UInt64(truncatingIfNeeded: (UInt128(index) << 64) / UInt128(count))
    }
  }

  static func run(_ request: ItemRequest, _ exchange: Exchange) throws(APIError) {
    let table = try request.check(required: [])
    var segment = Segment(0, of: 1)
    var read = try PageRead(request, .scan) { () throws(APIError) in
      segment = try Self.segment(request)
    }
    if request.totalSegments == nil, request.exclusiveStartKey == nil { read.partsMin = partsOfNewTable }
    perform(read, segment, request.exclusiveStartKey, on: table, exchange)
  }

  /// DynamoDB makes a new table of four partitions, and a scan that goes through them pays at least a step for each.
  private static let partsOfNewTable = 4

  private static func perform(
    _ read: PageRead, _ segment: Segment, _ start: EncodedItem?, on table: String, _ exchange: Exchange
  ) {
    exchange.performRead(on: table, read) { (source) throws(APIError) in
      var lower = RowKey(table: source.id, hash: segment.lower)
      let upper = upperBound(segment, source.id)
      if let start {
        lower = ReadSource.after(try startKey(start, from: lower, to: upper, source))
      }
      try read.expressions.checkScalarKeys(source.table)
      return .scan(read.range(from: lower, to: upper, of: source))
    }
  }

  private static func upperBound(_ segment: Segment, _ id: TableID) -> RowKey {
    if let upper = segment.upper { return RowKey(table: id, hash: upper) }
    return RowKey(table: TableID(id.rawValue + 1), hash: 0)
  }

  private static func segment(_ request: ItemRequest) throws(APIError) -> Segment {
    switch (request.segment, request.totalSegments) {
    case (nil, nil): return Segment(0, of: 1)
    case (_?, nil):
      throw .validation(
        "The TotalSegments parameter is required but was not present in the request when Segment parameter is present")
    case (nil, _?):
      throw .validation(
        "The Segment parameter is required but was not present in the request when parameter TotalSegments is present")
    case (let index?, let count?):
      guard index < count else {
        throw .validation(
          "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: \(index) is not "
            + "less than TotalSegments: \(count)")
      }
      return Segment(index, of: count)
    }
  }

  private static func startKey(
    _ given: EncodedItem, from lower: RowKey, to upper: RowKey, _ source: ReadSource
  ) throws(APIError) -> RowKey {
    let start: RowKey
    do throws(APIError) {
      start = try source.row(at: given)
    } catch {
      guard error.message != ReadSource.invalidStart.message else { throw error }
      throw .validation("The provided starting key is invalid: \(error.message ?? "")")
    }
    guard lower <= start, start < upper else {
      throw .validation("Exclusive start key must lie within the segment")
    }
    return start
  }
}
