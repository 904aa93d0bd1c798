/// What a key looks like: text with named parts, `PATIENT#{patientId}`. A part is at least one character long and ends
/// where the text after it begins first.
struct KeyPattern: Equatable, Sendable {
  enum Piece: Equatable, Sendable {
    case text([UInt8])
    case part(String)
  }

  let pieces: [Piece]

  var parts: [String] {
    pieces.compactMap { piece in if case .part(let name) = piece { name } else { nil } }
  }

  /// Throws what is wrong with the pattern, as the end of a sentence.
  init(_ pattern: String) throws(MappingFault) {
    var pieces: [Piece] = []
    var rest = pattern[...]
    while let first = rest.first {
      guard first == "{" else {
        let end = rest.firstIndex(of: "{") ?? rest.endIndex
        pieces.append(.text(Array(rest[..<end].utf8)))
        rest = rest[end...]
        continue
      }
      guard let close = rest.firstIndex(of: "}") else { throw MappingFault("has a { without a }") }
      let name = String(rest[rest.index(after: rest.startIndex)..<close])
      guard !name.isEmpty else { throw MappingFault("has a part without a name") }
      if case .part = pieces.last { throw MappingFault("has two parts with nothing between them") }
      guard !pieces.contains(.part(name)) else { throw MappingFault("has the part {\(name)} twice") }
      pieces.append(.part(name))
      rest = rest[rest.index(after: close)...]
    }
    self.pieces = pieces
  }

  /// The values of the parts, in their order; nil where the key does not look so.
  func match(_ key: [UInt8]) -> [[UInt8]]? {
    var values: [[UInt8]] = []
    var position = 0
    for (index, piece) in pieces.enumerated() {
      switch piece {
      case .text(let text):
        guard key[position...].starts(with: text) else { return nil }
        position += text.count
      case .part:
        var end = key.count
        if index + 1 < pieces.count, case .text(let text) = pieces[index + 1] {
          guard let found = Self.first(text, in: key, from: position + 1) else { return nil }
          end = found
        }
        guard end > position else { return nil }
        values.append(Array(key[position..<end]))
        position = end
      }
    }
    return position == key.count ? values : nil
  }

  private static func first(_ text: [UInt8], in key: [UInt8], from start: Int) -> Int? {
    var index = start
    while index + text.count <= key.count {
      if key[index...].starts(with: text) { return index }
      index += 1
    }
    return nil
  }
}

/// What is wrong with a value of a mapping file, or with an item for it: the end of a sentence.
struct MappingFault: Error, Equatable, Sendable {
  var reason: String

  init(_ reason: String) { self.reason = reason }
}
