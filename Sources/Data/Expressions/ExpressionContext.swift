public import Items

/// The substitutions of one request, shared by its expressions, and which of them were used.
public struct ExpressionContext: Sendable {
  private let names: [Name]
  private let values: AttributeMap
  private var nameIsUsed: [Bool]
  private var valueIsUsed: [Bool]

  private struct Name: Sendable {
    var placeholder: [UInt8]
    var name: [UInt8]
  }

  /// - Parameters:
  ///   - names: `ExpressionAttributeNames`, the placeholders with their `#`; nil where the request has none.
  ///   - values: `ExpressionAttributeValues`, the placeholders with their `:`; nil where the request has none.
  /// - Throws: an empty parameter, or a placeholder that could never be written in an expression.
  public init(names: [(placeholder: [UInt8], name: [UInt8])]?, values: AttributeMap?) throws(ExpressionError) {
    var sorted: [Name] = []
    for entry in names ?? [] {
      try ExpressionContext.check(entry.placeholder, sigil: UInt8(ascii: "#"), parameter: "ExpressionAttributeNames") {
        " size of key: \($0)"
      }
      sorted.append(Name(placeholder: entry.placeholder, name: entry.name))
    }
    sorted.sort { ByteOrder.precedes($0.placeholder, $1.placeholder) }
    if let names, names.isEmpty { throw ExpressionError("ExpressionAttributeNames must not be empty") }
    for element in values?.elements ?? [] {
      try ExpressionContext.check(element.name, sigil: UInt8(ascii: ":"), parameter: "ExpressionAttributeValues") { _ in
        ""
      }
    }
    if let values, values.elements.isEmpty { throw ExpressionError("ExpressionAttributeValues must not be empty") }
    self.names = sorted
    self.values = values ?? AttributeMap()
    nameIsUsed = Array(repeating: false, count: sorted.count)
    valueIsUsed = Array(repeating: false, count: self.values.elements.count)
  }

  /// - Parameter size: how the message about a long placeholder ends; only that about names tells the size.
  private static func check(
    _ placeholder: [UInt8], sigil: UInt8, parameter: String, size: (Int) -> String
  ) throws(ExpressionError) {
    if placeholder.count > ExpressionLimits.placeholderBytesMax {
      throw ExpressionError(
        "\(parameter) contains invalid key: The expression attribute map contains a key that is too long;"
          + size(placeholder.count))
    }
    let name = placeholder.dropFirst()
    if placeholder.first == sigil, !name.isEmpty, name.allSatisfy(ASCII.isNamePart) { return }
    let key = String(decoding: placeholder, as: UTF8.self)
    throw ExpressionError("\(parameter) contains invalid key: Syntax error; key: \"\(key)\"")
  }

  /// - Throws: a substitution that no expression parsed with this context has used.
  public func checkAllUsed() throws(ExpressionError) {
    try ExpressionContext.check(
      unused: zip(names.map(\.placeholder), nameIsUsed).filter { !$0.1 }.map(\.0), in: "ExpressionAttributeNames")
    try ExpressionContext.check(
      unused: zip(values.elements.map(\.name), valueIsUsed).filter { !$0.1 }.map(\.0), in: "ExpressionAttributeValues")
  }

  private static func check(unused: [[UInt8]], in parameter: String) throws(ExpressionError) {
    guard !unused.isEmpty else { return }
    let keys = unused.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ", ")
    throw ExpressionError("Value provided in \(parameter) unused in expressions: keys: {\(keys)}")
  }

  mutating func name(_ placeholder: [UInt8]) -> [UInt8]? {
    guard
      let position = ExpressionContext.position(
        of: placeholder, count: names.count, key: { names[$0].placeholder })
    else { return nil }
    nameIsUsed[position] = true
    return names[position].name
  }

  mutating func value(_ placeholder: [UInt8]) -> AttributeValue? {
    guard
      let position = ExpressionContext.position(
        of: placeholder, count: values.elements.count, key: { values.elements[$0].name })
    else { return nil }
    valueIsUsed[position] = true
    return values.elements[position].value
  }

  private static func position(of wanted: [UInt8], count: Int, key: (Int) -> [UInt8]) -> Int? {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      let found = key(middle)
      if found == wanted { return middle }
      if ByteOrder.precedes(found, wanted) { low = middle + 1 } else { high = middle }
    }
    return nil
  }
}
