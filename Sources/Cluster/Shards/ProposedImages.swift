import Items
import Messages

/// The newest proposed image of each item whose write is not applied yet, so that writes to one key pipeline.
///
/// Exists on leaders only and never decides anything that is not proposed after it: when a leader steps down it goes.
struct ProposedImages {
  struct Image {
    /// Nil for a delete.
    var item: EncodedItem?
    /// Of an item with replicas in other regions.
    var versions: GroupVersions?
    var index: UInt64
  }

  private var images: [[UInt8]: Image] = [:]

  subscript(key: [UInt8]) -> Image? { images[key] }

  mutating func propose(_ key: [UInt8], _ item: EncodedItem?, _ versions: GroupVersions? = nil, at index: UInt64) {
    images[key] = Image(item: item, versions: versions, index: index)
  }

  /// The entry at `index` is in the store now.
  mutating func applied(_ key: [UInt8], at index: UInt64) {
    guard !images.isEmpty, let image = images[key], image.index <= index else { return }
    images[key] = nil
  }

  mutating func removeAll() { images.removeAll(keepingCapacity: true) }

  var count: Int { images.count }
}
