internal import Bytes
internal import Crypto
internal import Items

/// What becomes of an attribute before anything leaves the sink.
struct ResidencyRule: Sendable {
  enum Action: String, CaseIterable, Sendable {
    /// It is left out.
    case drop
    /// HMAC-SHA-256 of its value, in hexadecimal: equal values stay equal, and without the key nobody can try values.
    case hash
    /// A star for each character, but for the last `keep` ones; a value that is no text becomes `***`.
    case mask
  }

  var attribute: [UInt8]
  var action: Action
  var keep: Int
  var line: Int
}

/// The rules of a mapping, with the key that hashing needs.
struct Residency: Sendable {
  static let keyVariable = "GANTRY_RESIDENCY_KEY"
  static let keyBytesMin = 16

  let rules: [ResidencyRule]
  private let key: SymmetricKey?

  static let none = Residency(rules: [], key: nil)

  private init(rules: [ResidencyRule], key: SymmetricKey?) {
    self.rules = rules
    self.key = key
  }

  /// - Parameter key: from the environment; needed only where a rule hashes.
  init(_ rules: [ResidencyRule], key: String?, file: String) throws(SinkError) {
    let hashes = rules.contains { $0.action == .hash }
    guard !hashes || (key?.utf8.count ?? 0) >= Self.keyBytesMin else {
      throw SinkError(
        "\(file) hashes attributes; set \(Self.keyVariable) to a secret of at least \(Self.keyBytesMin) characters")
    }
    self.init(rules: rules, key: hashes ? key.map { SymmetricKey(data: Array($0.utf8)) } : nil)
  }

  /// Refuses rules on the table's keys: two items could become one, and keys leave in clear as `pk` and `sk`.
  func check(_ table: TableShape, file: String) throws(SinkError) {
    for rule in rules where rule.attribute == table.partitionKey || rule.attribute == table.sortKey {
      let name = String(decoding: rule.attribute, as: UTF8.self)
      throw SinkError("\(file):\(rule.line): '\(name)' is a key of \(table.name); residency rules cannot change keys")
    }
  }

  func apply(_ item: AttributeMap) -> AttributeMap {
    guard !rules.isEmpty else { return item }
    var result = item
    for rule in rules {
      guard let value = result[rule.attribute] else { continue }
      switch rule.action {
      case .drop: result[rule.attribute] = nil
      case .hash: result[rule.attribute] = .string(hash(value))
      case .mask: result[rule.attribute] = .string(Self.mask(value, keep: rule.keep))
      }
    }
    return result
  }

  private func hash(_ value: AttributeValue) -> [UInt8] {
    guard let key else { fatalError("A hashing rule was made without a key.") }
    var writer = ByteWriter()
    value.encode(into: &writer)
    return Hexadecimal.encode(HMAC<SHA256>.authenticationCode(for: writer.bytes, using: key))
  }

  private static func mask(_ value: AttributeValue, keep: Int) -> [UInt8] {
    guard case .string(let bytes) = value else { return Array("***".utf8) }
    let text = String(decoding: bytes, as: UTF8.self)
    let hidden = max(0, text.count - keep)
    return Array((String(repeating: "*", count: hidden) + text.suffix(text.count - hidden)).utf8)
  }
}
