internal import Bytes
internal import Items

enum ItemChecks {
  /// DynamoDB's 400 KB.
  static let itemBytesMax = 400 * 1_024
  static let nameBytesMax = 65_535
  static let emptyName = "Empty attribute name"
  static let longName = "Attribute name is too large, must be less than \(nameBytesMax + 1) bytes"

  static func checkSize(_ item: EncodedItem) throws(APIError) {
    // Both count every byte of names and values, so that a small encoding cannot have a large size.
    guard item.bytes.count > itemBytesMax / 2, item.sizeBytes > itemBytesMax else { return }
    throw .validation("Item size has exceeded the maximum allowed size")
  }

  /// Top-level names. They are ascending, so that an empty one is the first.
  static func checkNames(_ item: EncodedItem) throws(APIError) {
    if item.bytes.first == 0 { throw .invalid(emptyName) }
    guard item.bytes.count > nameBytesMax, let map = try? item.decode() else { return }
    for element in map.elements { try checkName(element.name) }
  }

  static func checkName(_ name: [UInt8]) throws(APIError) {
    if name.isEmpty { throw .invalid(emptyName) }
    if name.count > nameBytesMax { throw .invalid(longName) }
  }
}
