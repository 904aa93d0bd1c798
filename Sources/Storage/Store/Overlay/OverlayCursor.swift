/// Walks the entries of an ``OverlayTree`` from `from` (inclusive) to `to` (exclusive), upwards or downwards.
struct OverlayCursor {
  /// From the root down; an inner node with the index of the child taken, the leaf with that of the entry.
  private var path: [(node: OverlayNode, index: Int)] = []
  private let isReverse: Bool
  /// Where the walk ends: the exclusive upper bound going up, the inclusive lower bound going down.
  private let last: OverlayKey?

  init(_ tree: OverlayTree, from: [UInt8], to: [UInt8]?, reverse: Bool) {
    isReverse = reverse
    if reverse {
      last = OverlayKey(from)
      if tree.isEmpty { return }
      seekBelow(tree.root, to.map(OverlayKey.init))
    } else {
      last = to.map(OverlayKey.init)
      if tree.isEmpty { return }
      seekFrom(tree.root, OverlayKey(from))
    }
    stopAtBound()
  }

  var isAtEnd: Bool { path.isEmpty }

  var key: [UInt8] { path[path.count - 1].node.keys[path[path.count - 1].index].bytes }

  var order: OverlayKey { path[path.count - 1].node.keys[path[path.count - 1].index] }

  /// Nil for a tombstone.
  var value: [UInt8]? { path[path.count - 1].node.values[path[path.count - 1].index] }

  mutating func advance() {
    let leaf = path.count - 1
    path[leaf].index += isReverse ? -1 : 1
    settle()
    stopAtBound()
  }

  private mutating func seekFrom(_ root: OverlayNode, _ key: OverlayKey) {
    var node = root
    while !node.isLeaf {
      let index = node.childIndex(key)
      path.append((node, index))
      node = node.children[index]
    }
    path.append((node, node.lowerBound(key)))
    settle()
  }

  private mutating func seekBelow(_ root: OverlayNode, _ key: OverlayKey?) {
    var node = root
    while !node.isLeaf {
      let index = key.map(node.childIndex) ?? node.children.count - 1
      path.append((node, index))
      node = node.children[index]
    }
    path.append((node, (key.map(node.lowerBound) ?? node.keys.count) - 1))
    settle()
  }

  /// Moves to the neighbouring leaf where the index left the present one.
  private mutating func settle() {
    let leaf = path[path.count - 1]
    if leaf.index >= 0 && leaf.index < leaf.node.keys.count { return }
    path.removeLast()
    while let top = path.last {
      let index = top.index + (isReverse ? -1 : 1)
      if index >= 0 && index < top.node.children.count {
        path[path.count - 1].index = index
        return descend(top.node.children[index])
      }
      path.removeLast()
    }
  }

  private mutating func descend(_ child: OverlayNode) {
    var node = child
    while !node.isLeaf {
      let index = isReverse ? node.children.count - 1 : 0
      path.append((node, index))
      node = node.children[index]
    }
    path.append((node, isReverse ? node.keys.count - 1 : 0))
  }

  private mutating func stopAtBound() {
    guard !isAtEnd, let last else { return }
    if isReverse ? order.order(last) < 0 : order.order(last) >= 0 { path = [] }
  }
}
