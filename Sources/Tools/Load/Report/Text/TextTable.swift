/// A table of words for a terminal: columns as wide as their longest cell, two spaces between them.
package struct TextTable {
  private var rows: [[String]]
  /// Columns of words, which begin at their left edge; the others are numbers.
  private let words: Set<Int>

  package init(_ header: [String], words: Set<Int> = [0]) {
    rows = [header]
    self.words = words
  }

  /// A row may be shorter than the header.
  package mutating func add(_ row: [String]) { rows.append(row) }

  /// Each line ends in a line break.
  package var text: String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { line($0, widths) }.joined()
  }

  private func line(_ row: [String], _ widths: [Int]) -> String {
    var line = ""
    for (column, cell) in row.enumerated() {
      let gap = String(repeating: " ", count: widths[column] - cell.count)
      line += (column == 0 ? "" : "  ") + (words.contains(column) ? cell + gap : gap + cell)
    }
    while line.last == " " { line.removeLast() }
    return line + "\n"
  }
}
