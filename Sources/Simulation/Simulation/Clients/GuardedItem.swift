import Catalog
import Environment
import Items

/// An item of which one attribute is not for every region.
enum GuardedItem {
  static let secret = Array("secret".utf8)
  /// Stands in every secret: whatever holds it must not leave for a region that may not see secrets.
  static let canary = Array("canary:".utf8)

  /// - Parameter isWhole: it has its secret, which tells the put as its number does.
  static func item(_ key: String, _ value: Int, isWhole: Bool, bodyBytes: Int) -> EncodedItem {
    let secret = AttributeMap.Element(name: Self.secret, value: .string(canary + Array("\(value)".utf8)))
    return SimulatedTable.item(key, value, bodyBytes: bodyBytes, isWhole ? [secret] : [])
  }

  /// Which put an item's secret came with; nil where it has none.
  static func secret(of item: EncodedItem?) throws(SimulatedTable.MixedItem) -> Int? {
    guard let item, case .string(let bytes)? = try? item.value(named: Self.secret) else { return nil }
    guard bytes.starts(with: canary), let value = Int(String(decoding: bytes.dropFirst(canary.count), as: UTF8.self))
    else { throw SimulatedTable.MixedItem() }
    return value
  }

  static func isRevealed(by bytes: [UInt8]) -> Bool {
    bytes.indices.contains { bytes[$0] == canary[0] && bytes[$0...].starts(with: canary) }
  }

  /// Rules that keep secrets from that region, each in one of the ways there are.
  static func rules(for region: String, _ random: inout SeededRandom) -> Residency {
    func attribute(_ name: [UInt8], _ treatment: Residency.Treatment) -> Residency.Attribute {
      Residency.Attribute(name: name, treatment: treatment)
    }
    let named = [Residency.Treatment.drop, .hash, .mask, .drop][random.index(4)]
    let rule =
      random.chance(1, in: 4)
      ? Residency.Rule(
        region: region, otherwise: named,
        attributes: [attribute(Array("body".utf8), .keep), attribute(Array("v".utf8), .keep)])
      : Residency.Rule(region: region, attributes: [attribute(secret, named)])
    return Residency(rules: [rule])
  }

  /// Equal for equal bytes, and none of them can be found in it. (FNV-1a, Fowler, Noll and Vo.)
  static let hash: ResidencyHash = { bytes in
    var sum: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { sum = (sum ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return (0..<8).map { UInt8(truncatingIfNeeded: sum >> (8 * UInt64($0))) }
  }
}
