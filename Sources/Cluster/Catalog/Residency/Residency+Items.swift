public import Bytes
public import Items

/// A keyed hash (HMAC-SHA256, say), from the process: neither key nor algorithm is anything that a log knows.
public typealias ResidencyHash = @Sendable ([UInt8]) -> [UInt8]

extension Residency {
  /// The attributes that every region holds as they are.
  public func rest(of item: EncodedItem, _ key: KeySchema) throws(MalformedBytes) -> EncodedItem {
    EncodedItem(AttributeMap(try item.decode().elements.filter { !protects($0.name, in: key) }))
  }

  /// The others.
  public func protected(of item: EncodedItem, _ key: KeySchema) throws(MalformedBytes)
    -> [AttributeMap.Element]
  {
    try item.decode().elements.filter { protects($0.name, in: key) }
  }

  /// The item with one's rest and the other's protected attributes.
  public func joined(
    rest: EncodedItem, protected: EncodedItem?, _ key: KeySchema
  ) throws(MalformedBytes) -> EncodedItem {
    var elements = try rest.decode().elements.filter { !protects($0.name, in: key) }
    if let protected { elements += try self.protected(of: protected, key) }
    return EncodedItem(AttributeMap(elements))
  }

  /// What a region may hold of a full item.
  ///
  /// - Parameter hash: nil where the node has no key: what is to be hashed is left out.
  public func copy(
    of item: EncodedItem, for region: String, _ key: KeySchema, hash: ResidencyHash?
  ) throws(MalformedBytes) -> EncodedItem {
    guard let rule = rule(for: region) else { return item }
    var kept: [AttributeMap.Element] = []
    var withheld: [[UInt8]] = []
    for element in try item.decode().elements where element.name != Self.marker {
      let isKey = key.attributes.contains { $0.name == element.name }
      let treatment = isKey ? .keep : rule.treatment(of: element.name)
      if treatment == .keep {
        kept.append(element)
        continue
      }
      withheld.append(
        rule.attributes.contains { $0.name == element.name } ? element.name : Self.unnamed)
      switch treatment {
      case .mask: kept.append(.init(name: element.name, value: element.value.masked))
      case .hash:
        if let hash { kept.append(.init(name: element.name, value: element.hashed(hash))) }
      case .drop, .keep: break
      }
    }
    if let names = AttributeValue.makeStringSet(withheld.uniqued) {
      kept.append(.init(name: Self.marker, value: names))
    }
    return EncodedItem(AttributeMap(kept))
  }
}

extension [[UInt8]] {
  fileprivate var uniqued: [[UInt8]] {
    sorted { ByteOrder.precedes($0, $1) }.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
  }
}

extension AttributeMap.Element {
  /// A string of hexadecimal digits; the same value under another name has another one.
  fileprivate func hashed(_ hash: ResidencyHash) -> AttributeValue {
    let digits = Array("0123456789abcdef".utf8)
    return .string(
      hash(EncodedItem(AttributeMap([self])).bytes).flatMap {
        [digits[Int($0 >> 4)], digits[Int($0 & 15)]]
      })
  }
}

extension AttributeValue {
  /// Of the same type, and the same for every value of it.
  fileprivate var masked: AttributeValue {
    switch self {
    case .string: .string(Self.stars)
    case .number: .number(Number(0))
    case .binary: .binary([0])
    case .bool: .bool(false)
    case .null: .null
    case .stringSet: .stringSet([Self.stars])
    case .numberSet: .numberSet([Number(0)])
    case .binarySet: .binarySet([[0]])
    case .list: .list([])
    case .map: .map(AttributeMap())
    }
  }

  private static let stars = Array("***".utf8)
}
