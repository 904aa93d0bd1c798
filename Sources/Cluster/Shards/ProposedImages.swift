import Items
import Messages

/// The newest proposed image of each item whose write is not applied yet, so that writes to one key pipeline.
///
/// Exists on leaders only and never decides anything that is not proposed after it: when a leader steps down it goes.
struct ProposedImages {
  struct Image {
    /// Nil for a delete.
    var item: EncodedItem?
    var index: UInt64
  }

  private var images: [[UInt8]: Image] = [:]
  /// Those of items with replicas in other regions: few tables have them.
  private var versions: [[UInt8]: GroupVersions] = [:]

  subscript(key: [UInt8]) -> Image? { images[key] }

  func version(_ key: [UInt8]) -> GroupVersions? { versions.isEmpty ? nil : versions[key] }

  mutating func propose(
    _ key: [UInt8], _ item: EncodedItem?, _ version: GroupVersions? = nil, at index: UInt64
  ) {
    images[key] = Image(item: item, index: index)
    if version != nil || !versions.isEmpty { versions[key] = version }
  }

  /// The entry at `index` is in the store now.
  mutating func applied(_ key: [UInt8], at index: UInt64) {
    guard !images.isEmpty, let image = images[key], image.index <= index else { return }
    images[key] = nil
    if !versions.isEmpty { versions[key] = nil }
  }

  mutating func removeAll() {
    images.removeAll(keepingCapacity: true)
    versions.removeAll(keepingCapacity: true)
  }

  var count: Int { images.count }
}
