/// `RESULTS.md`: a heading, and one section for each comparison, which the next run of that comparison replaces.
struct ResultsFile {
  private static let heading = """
    # Results

    Written by the commands of this folder, each its own section. Ratios within one run count; the figures themselves say
    as much about the machine. Latencies of closed loops hide what a stall would have cost clients that do not wait.

    """

  private(set) var sections: [(title: String, body: String)] = []

  /// Takes the sections of a text that was written before.
  init(_ text: String) {
    for piece in text.split(separator: "\n## ", omittingEmptySubsequences: false).dropFirst() {
      let lines = piece.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      sections.append((String(lines[0]), lines.count > 1 ? Self.trimmed(lines[1]) : ""))
    }
  }

  mutating func replace(_ title: String, with body: String) {
    let section = (title: title, body: Self.trimmed(body[...]))
    if let place = sections.firstIndex(where: { $0.title == title }) {
      sections[place] = section
    } else {
      sections.append(section)
    }
  }

  var text: String {
    Self.heading + sections.map { "\n## \($0.title)\n\n\($0.body)\n" }.joined()
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while text.first == "\n" { text.removeFirst() }
    while text.last == "\n" { text.removeLast() }
    return String(text)
  }
}
