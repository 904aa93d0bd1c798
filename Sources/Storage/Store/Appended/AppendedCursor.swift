/// Walks appended rows from `from` (inclusive) to `to` (exclusive), upwards or downwards.
struct AppendedCursor {
  private let index: AppendedIndex
  private let reader: AppendedReader
  private let from: [UInt8]
  private let to: [UInt8]?
  private let isReverse: Bool

  private var strand: Int
  private var run = 0
  private var rows: AppendedRows?
  private var row = 0

  init(
    _ index: AppendedIndex, _ reader: AppendedReader, from: [UInt8], to: [UInt8]?, reverse: Bool
  ) throws(StoreError) {
    self.index = index
    self.reader = reader
    self.from = from
    self.to = to
    isReverse = reverse
    if reverse {
      // The last strand that may hold a key below `to`.
      strand = to.map { index.lowerBound($0) } ?? index.strands.count
      strand -= 1
    } else {
      // A strand's id begins its keys, so the one before may reach behind `from`.
      strand = index.lowerBound(Array(from.prefix(index.keys.strandBytes)))
    }
    try seek()
  }

  var isAtEnd: Bool { rows == nil }

  /// Valid until the cursor moves.
  var key: UnsafeRawBufferPointer { block.key(row) }
  var value: UnsafeRawBufferPointer { block.value(row) }

  private var block: AppendedRows {
    guard let rows else { fatalError("A cursor was read at its end.") }
    return rows
  }

  mutating func advance() throws(StoreError) {
    row += isReverse ? -1 : 1
    if row < 0 || row >= block.count {
      run += isReverse ? -1 : 1
      try isReverse ? enterFromAbove() : enterFromBelow()
    } else {
      try stopAtBound()
    }
  }

  /// Finds the first row of the strand where the walk stands, or of one that follows.
  private mutating func seek() throws(StoreError) {
    rows = nil
    while index.strands.indices.contains(strand), index.strands[strand].runs.isEmpty {
      strand += isReverse ? -1 : 1
    }
    guard index.strands.indices.contains(strand) else { return }
    let runs = index.strands[strand].runs
    if isReverse {
      run = (to.map { to in runs.countBefore { compareBytes($0.first, to) < 0 } } ?? runs.count) - 1
      try enterFromAbove()
    } else {
      let lower = self.lower
      run = runs.countBefore { compareBytes($0.last, lower) < 0 }
      try enterFromBelow()
    }
  }

  /// Where this strand begins: what is below its floor is gone.
  private var lower: [UInt8] {
    let floor = index.strands[strand].floor
    return compareBytes(from, floor) < 0 ? floor : from
  }

  private mutating func enterFromBelow() throws(StoreError) {
    guard index.strands[strand].runs.indices.contains(run) else {
      strand += 1
      return try seek()
    }
    let next = index.strands[strand].runs[run]
    if let to, compareBytes(next.first, to) >= 0 {
      rows = nil
      return
    }
    let rows = try reader.rows(of: next)
    self.rows = rows
    row = rows.lowerBound(lower)
    if row == rows.count {
      run += 1
      return try enterFromBelow()
    }
    try stopAtBound()
  }

  private mutating func enterFromAbove() throws(StoreError) {
    guard index.strands[strand].runs.indices.contains(run) else {
      strand -= 1
      return try seek()
    }
    let next = index.strands[strand].runs[run]
    if compareBytes(next.last, from) < 0 {
      rows = nil
      return
    }
    let rows = try reader.rows(of: next)
    self.rows = rows
    row = (to.map { rows.lowerBound($0) } ?? rows.count) - 1
    if row < 0 {
      run -= 1
      return try enterFromAbove()
    }
    try stopAtBound()
  }

  private mutating func stopAtBound() throws(StoreError) {
    guard isReverse else {
      if let to, to.withUnsafeBytes({ compareBytes(key, $0) >= 0 }) { rows = nil }
      return
    }
    if from.withUnsafeBytes({ compareBytes(key, $0) < 0 }) {
      rows = nil
      return
    }
    if lower.withUnsafeBytes({ compareBytes(key, $0) < 0 }) {
      strand -= 1
      try seek()
    }
  }
}
