/// Text within a page. Everything that a report holds passes through here before it stands in HTML.
package enum HTMLText {
  /// For contents of elements and for attributes in double quotes.
  package static func escaped(_ text: String) -> String {
    var escaped = ""
    escaped.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  /// JSON for a script element: it cannot end the element, nor open another. In JSON a `<` stands in strings alone.
  static func scriptJSON(_ json: [UInt8]) -> String {
    var escaped: [UInt8] = []
    escaped.reserveCapacity(json.count)
    for byte in json {
      if byte == UInt8(ascii: "<") { escaped += "\\u003c".utf8 } else { escaped.append(byte) }
    }
    return String(decoding: escaped, as: UTF8.self)
  }

  /// A table of text; the first `words` columns are words, the others numbers.
  package static func table(_ header: [String], _ rows: [[String]], words: Int = 1) -> String {
    let cells = { (row: [String], tag: String) in
      row.enumerated().map { column, cell in
        "<\(tag)\(column < words ? "" : " class=\"number\"")>\(escaped(cell))</\(tag)>"
      }.joined()
    }
    let head = header.isEmpty ? "" : "<thead><tr>\(cells(header, "th"))</tr></thead>\n"
    let body = rows.map { "<tr>\(cells($0, "td"))</tr>\n" }.joined()
    return "<div class=\"wide\"><table>\n\(head)<tbody>\n\(body)</tbody></table></div>\n"
  }
}
