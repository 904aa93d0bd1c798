/// Whether a scan goes on after a row.
public enum ScanStep: Sendable { case proceed, stop }

/// Rows of the overlay's generations and of the file as one ordered sequence: the newest generation wins, a tombstone
/// hides what is below it.
struct Scan {
  /// Newest first.
  private var generations: [OverlayCursor]
  private var rows: FileRows

  /// `overlays` newest first; `from` is inclusive, `to` exclusive.
  static func run(
    _ overlays: [OverlayTree], _ files: FileSources, from: [UInt8], to: [UInt8]?, reverse: Bool,
    _ body: (_ key: [UInt8], _ value: [UInt8]) throws -> ScanStep
  ) throws {
    if let to, compareBytes(from, to) >= 0 { return }
    var cursors: [OverlayCursor] = []
    for tree in overlays {
      let cursor = OverlayCursor(tree, from: from, to: to, reverse: reverse)
      if !cursor.isAtEnd { cursors.append(cursor) }
    }
    let rows = try files.rows(from: from, to: to, reverse: reverse)
    defer { rows.finish() }
    var scan = Scan(generations: cursors, rows: rows)
    try scan.walk(reverse: reverse, body)
  }

  private mutating func walk(
    reverse: Bool, _ body: (_ key: [UInt8], _ value: [UInt8]) throws -> ScanStep
  ) throws {
    while true {
      guard let first = firstGeneration(reverse) else {
        if rows.isAtEnd { return }
        if try body([UInt8](copying: rows.key), [UInt8](copying: rows.value)) == .stop { return }
        try rows.advance()
        continue
      }
      let key = generations[first].key
      let order = rows.isAtEnd ? 1 : rowOrder(key, reverse)
      if order < 0 {
        if try body([UInt8](copying: rows.key), [UInt8](copying: rows.value)) == .stop { return }
        try rows.advance()
        continue
      }
      let value = generations[first].value
      if order == 0 && !rows.isAtEnd { try rows.advance() }
      pass(generations[first].order)
      if let value, try body(key, value) == .stop { return }
    }
  }

  /// The newest of the generations that stand at the next key; nil when all are at their end.
  private func firstGeneration(_ reverse: Bool) -> Int? {
    var best: Int?
    for index in generations.indices where !generations[index].isAtEnd {
      guard let known = best else {
        best = index
        continue
      }
      let order = generations[index].order.order(generations[known].order)
      if reverse ? order > 0 : order < 0 { best = index }
    }
    return best
  }

  /// Below zero where the file's row comes before `key`.
  private func rowOrder(_ key: [UInt8], _ reverse: Bool) -> Int32 {
    let order = key.withUnsafeBytes { compareBytes(rows.key, $0) }
    return reverse ? -order : order
  }

  /// Moves every generation that stands at `key` past it.
  private mutating func pass(_ key: OverlayKey) {
    for index in generations.indices where !generations[index].isAtEnd {
      if generations[index].order.order(key) == 0 { generations[index].advance() }
    }
  }
}
