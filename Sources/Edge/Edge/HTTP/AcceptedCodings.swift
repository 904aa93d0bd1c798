/// What an `Accept-Encoding` header asks for (RFC 9110, section 12.5.3), with DynamoDB's forbearance towards headers that
/// break the rule.
extension ContentCoding {
  private struct Wish {
    var coding: ContentCoding
    var quality: Double
    /// Where it stands in the header; what only `*` covers stands behind all that is named.
    var place: Int
  }

  /// The known coding that the client likes best, of equal ones the first; nil where it wants none of them.
  static func preferred(_ header: String) -> ContentCoding? {
    var named: [Wish] = []
    var others = 0.0
    for (place, entry) in header.split(separator: ",").enumerated() {
      let parts = entry.split(separator: ";", omittingEmptySubsequences: false)
      let name = trimmed(parts[0]).lowercased()
      let quality = quality(parts.dropFirst())
      if name == "*" {
        others = max(others, quality)
      } else if let coding = ContentCoding(rawValue: name) {
        named.append(Wish(coding: coding, quality: quality, place: place))
      }
    }
    for coding in [ContentCoding.gzip, .deflate] where !named.contains(where: { $0.coding == coding }) {
      named.append(Wish(coding: coding, quality: others, place: .max))
    }
    var best: Wish?
    for wish in named where wish.quality > 0 {
      if let known = best, (known.quality, -known.place) >= (wish.quality, -wish.place) { continue }
      best = wish
    }
    return best?.coding
  }

  /// The first `q` counts; one that is no number is as if it was not there. Another parameter makes the entry void.
  private static func quality(_ parameters: ArraySlice<Substring>) -> Double {
    for parameter in parameters {
      let text = trimmed(parameter).lowercased()
      guard text.hasPrefix("q=") else {
        if trimmed(text.prefix { $0 != "=" }) == "q" { continue }
        return 0
      }
      let value = trimmed(text.dropFirst(2))
      guard value.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == "." || $0 == "-") }), let number = Double(value)
      else {
        return 1
      }
      return min(max(number, 0), 1)
    }
    return 1
  }

  private static func trimmed(_ text: Substring) -> Substring {
    let start = text.drop { $0 == " " || $0 == "\t" }
    return start[..<(start.lastIndex { $0 != " " && $0 != "\t" }.map { start.index(after: $0) } ?? start.startIndex)]
  }
}
