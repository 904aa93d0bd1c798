/// What a generation says of one key.
enum OverlayLookup {
  /// Nothing: an older generation or the file decides.
  case absent
  case deleted
  case value([UInt8])
}

/// One generation of the overlay: an ordered map from keys to values or tombstones, with the semantics of a value.
///
/// A copy costs one reference and shares every node; writing to either side afterwards copies the nodes on the path.
/// So a view pins the newest state without stopping writes, and may read its copy on another thread. A B+tree whose nodes
/// are not merged: a deletion is an entry too, and what is erased is mostly whole nodes.
struct OverlayTree {
  private(set) var root = OverlayNode()
  private(set) var count = 0
  /// Memory that the entries hold, with an estimate of what Swift adds to each.
  private(set) var bytes = 0

  var isEmpty: Bool { count == 0 }

  /// Headers of two arrays, the entry itself, and free places in nodes.
  private static let entryBytes = 128

  func find(_ bytes: [UInt8]) -> OverlayLookup {
    if count == 0 { return .absent }
    let key = OverlayKey(bytes)
    // The root holds all of them for as long as this takes: counting references would be most of the work.
    return withExtendedLifetime(root) {
      var node = Unmanaged.passUnretained(root)
      while let child = node._withUnsafeGuaranteedRef({ $0.child(holding: key) }) { node = child }
      return node._withUnsafeGuaranteedRef { $0.find(key) }
    }
  }

  /// What was there.
  @discardableResult
  mutating func set(_ key: [UInt8], _ value: [UInt8]?) -> OverlayLookup {
    if !isKnownUniquelyReferenced(&root) { root = root.copy() }
    let change = root.set(OverlayKey(key), value)
    bytes += value?.count ?? 0
    if let old = change.replaced {
      bytes -= old?.count ?? 0
    } else {
      count += 1
      bytes += key.count + Self.entryBytes
    }
    if let split = change.split {
      root = OverlayNode(keys: [split.least], values: [], children: [root, split.right])
    }
    switch change.replaced {
    case nil: return .absent
    case .some(nil): return .deleted
    case .some(let old?): return .value(old)
    }
  }

  /// Takes the values with `from` ≤ key < `to` out, as if they had never been set; tombstones stay. Returns how many
  /// that were.
  @discardableResult
  mutating func erase(from: [UInt8], to: [UInt8]) -> Int {
    guard count > 0, compareBytes(from, to) < 0 else { return 0 }
    if !isKnownUniquelyReferenced(&root) { root = root.copy() }
    var erasure = OverlayErasure()
    root.erase(OverlayKey(from), OverlayKey(to), &erasure)
    while root.children.count == 1 { root = root.children[0] }
    count -= erasure.count
    bytes -= erasure.bytes + erasure.count * Self.entryBytes
    return erasure.count
  }
}
