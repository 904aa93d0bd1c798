/// A node of an ``OverlayTree``. Written only while one reference exists; otherwise copied first.
final class OverlayNode {
  /// Leaf: the entries' keys. Inner node: `keys[i]` is the least key below `children[i + 1]`.
  fileprivate(set) var keys: ContiguousArray<OverlayKey>
  /// Leaf only: nil is a tombstone.
  fileprivate(set) var values: ContiguousArray<[UInt8]?>
  /// Inner node only: one more than `keys`.
  fileprivate(set) var children: ContiguousArray<OverlayNode>

  static let entriesMax = 64

  init() {
    keys = []
    values = []
    children = []
  }

  init(
    keys: ContiguousArray<OverlayKey>, values: ContiguousArray<[UInt8]?>, children: ContiguousArray<OverlayNode>
  ) {
    self.keys = keys
    self.values = values
    self.children = children
  }

  func copy() -> OverlayNode { OverlayNode(keys: keys, values: values, children: children) }

  var isLeaf: Bool { children.isEmpty }

  /// The number of keys below `key`.
  @inline(__always) func lowerBound(_ key: OverlayKey) -> Int {
    keys.withUnsafeBufferPointer { keys in
      var low = 0
      var high = keys.count
      while low < high {
        let middle = (low + high) / 2
        if keys[middle].order(key) < 0 { low = middle + 1 } else { high = middle }
      }
      return low
    }
  }

  /// The child whose range holds `key`.
  @inline(__always) func childIndex(_ key: OverlayKey) -> Int {
    let index = lowerBound(key)
    return index < keys.count && keys[index].order(key) == 0 ? index + 1 : index
  }
}

/// What one insertion did to a node.
struct OverlayChange {
  /// The value that was there: outer nil where the key is new.
  var replaced: [UInt8]??
  /// The new right half where the node was full, and its least key.
  var split: (least: OverlayKey, right: OverlayNode)?
}

extension OverlayNode {
  func set(_ key: OverlayKey, _ value: [UInt8]?) -> OverlayChange {
    isLeaf ? setInLeaf(key, value) : setInChild(key, value)
  }

  private func setInLeaf(_ key: OverlayKey, _ value: [UInt8]?) -> OverlayChange {
    let index = lowerBound(key)
    if index < keys.count, keys[index].order(key) == 0 {
      let old = values[index]
      values[index] = value
      return OverlayChange(replaced: .some(old))
    }
    keys.insert(key, at: index)
    values.insert(value, at: index)
    guard keys.count > Self.entriesMax else { return OverlayChange(replaced: nil) }
    let middle = keys.count / 2
    let right = OverlayNode(
      keys: ContiguousArray(keys[middle...]), values: ContiguousArray(values[middle...]), children: [])
    keys.removeSubrange(middle...)
    values.removeSubrange(middle...)
    return OverlayChange(replaced: nil, split: (right.keys[0], right))
  }

  private func setInChild(_ key: OverlayKey, _ value: [UInt8]?) -> OverlayChange {
    let index = childIndex(key)
    if !isKnownUniquelyReferenced(&children[index]) { children[index] = children[index].copy() }
    let change = children[index].set(key, value)
    guard let split = change.split else { return change }
    keys.insert(split.least, at: index)
    children.insert(split.right, at: index + 1)
    guard children.count > Self.entriesMax else { return OverlayChange(replaced: change.replaced) }
    let middle = keys.count / 2
    let least = keys[middle]
    let right = OverlayNode(
      keys: ContiguousArray(keys[(middle + 1)...]), values: [], children: ContiguousArray(children[(middle + 1)...]))
    keys.removeSubrange(middle...)
    children.removeSubrange((middle + 1)...)
    return OverlayChange(replaced: change.replaced, split: (least, right))
  }
}
