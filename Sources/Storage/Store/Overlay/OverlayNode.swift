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

  /// What this leaf says of the key.
  @inline(__always) func find(_ key: OverlayKey) -> OverlayLookup {
    let index = lowerBound(key)
    guard index < keys.count, keys[index].order(key) == 0 else { return .absent }
    if let value = values[index] { return .value(value) }
    return .deleted
  }

  /// Nil for a leaf.
  @inline(__always) func child(holding key: OverlayKey) -> Unmanaged<OverlayNode>? {
    children.withUnsafeBufferPointer {
      $0.isEmpty ? nil : Unmanaged.passUnretained($0[childIndex(key)])
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
    // Where keys ascend, leaves stay full and nothing moves.
    if index == Self.entriesMax {
      let right = OverlayNode(keys: [key], values: [value], children: [])
      return OverlayChange(replaced: nil, split: (key, right))
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

/// What one removal took from a node.
struct OverlayErasure {
  var count = 0
  /// Of the keys and values that went.
  var bytes = 0
}

extension OverlayNode {
  /// Takes out the values, not the tombstones, with `from` ≤ key < `to`. An inner node without children is left empty: the
  /// one above takes it out. Every leaf stays as deep as it was.
  func erase(_ from: OverlayKey, _ to: OverlayKey, _ erasure: inout OverlayErasure) {
    guard !isLeaf else { return eraseInLeaf(from, to, &erasure) }
    for index in (childIndex(from)...childIndex(to)).reversed() {
      if !isKnownUniquelyReferenced(&children[index]) { children[index] = children[index].copy() }
      children[index].erase(from, to, &erasure)
      guard children[index].isEmpty else { continue }
      children.remove(at: index)
      if !keys.isEmpty { keys.remove(at: max(index - 1, 0)) }
    }
  }

  private var isEmpty: Bool { keys.isEmpty && children.isEmpty }

  private func eraseInLeaf(_ from: OverlayKey, _ to: OverlayKey, _ erasure: inout OverlayErasure) {
    let found = lowerBound(from)..<lowerBound(to)
    var kept = found.lowerBound
    for index in found {
      guard let value = values[index] else {
        keys[kept] = keys[index]
        values[kept] = nil
        kept += 1
        continue
      }
      erasure.count += 1
      erasure.bytes += keys[index].bytes.count + value.count
    }
    keys.removeSubrange(kept..<found.upperBound)
    values.removeSubrange(kept..<found.upperBound)
  }
}
