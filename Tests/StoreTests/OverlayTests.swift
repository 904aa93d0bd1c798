import Environment
import Testing

@testable import Store

/// The dumb model: a sorted array searched from its start.
private struct SortedArray {
  var entries: [(key: [UInt8], value: [UInt8]?)] = []

  mutating func set(_ key: [UInt8], _ value: [UInt8]?) {
    if let index = entries.firstIndex(where: { !$0.key.lexicographicallyPrecedes(key) }) {
      if entries[index].key == key { entries[index].value = value } else { entries.insert((key, value), at: index) }
    } else {
      entries.append((key, value))
    }
  }

  func range(_ from: [UInt8], _ to: [UInt8]?, _ reverse: Bool) -> [[[UInt8]?]] {
    let found = entries.filter { entry in
      !entry.key.lexicographicallyPrecedes(from) && (to.map { entry.key.lexicographicallyPrecedes($0) } ?? true)
    }
    let pairs = found.map { [$0.key, $0.value] }
    return reverse ? pairs.reversed() : pairs
  }
}

/// Short keys over few letters collide and are prefixes of each other; zeros test the padding of prefixes.
private func anyKey(_ random: inout SeededRandom) -> [UInt8] {
  let letters: [UInt8] = [0, 1, 0x61, 0xFF]
  return (0..<random.below(14)).map { _ in letters[Int(random.below(4))] }
}

private func walk(_ tree: OverlayTree, _ from: [UInt8], _ to: [UInt8]?, _ reverse: Bool) -> [[[UInt8]?]] {
  var cursor = OverlayCursor(tree, from: from, to: to, reverse: reverse)
  var pairs: [[[UInt8]?]] = []
  while !cursor.isAtEnd {
    pairs.append([cursor.key, cursor.value])
    cursor.advance()
  }
  return pairs
}

@Suite struct OverlayTests {
  @Test(arguments: 1...6) func agreesWithASortedArray(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var tree = OverlayTree()
    var model = SortedArray()
    for _ in 0..<1_500 {
      let key = anyKey(&random)
      let value = random.chance(1, in: 4) ? nil : [UInt8(truncatingIfNeeded: random.next())]
      tree.set(key, value)
      model.set(key, value)
    }
    #expect(tree.count == model.entries.count)
    for _ in 0..<1_000 {
      let key = anyKey(&random)
      switch (tree.find(key), model.entries.first { $0.key == key }) {
      case (.absent, nil): break
      case (.deleted, let entry?): #expect(entry.value == nil)
      case (.value(let value), let entry?): #expect(entry.value == value)
      default: Issue.record("A key is in one of the two only.")
      }
    }
    for _ in 0..<300 {
      let from = anyKey(&random)
      let to = random.chance(1, in: 5) ? nil : anyKey(&random)
      for reverse in [false, true] {
        #expect(walk(tree, from, to, reverse) == model.range(from, to, reverse))
      }
    }
  }

  @Test func aCopyKeepsItsStateWhileTheOriginalIsWritten() {
    var random = SeededRandom(seed: 7)
    var tree = OverlayTree()
    var copies: [(tree: OverlayTree, pairs: [[[UInt8]?]])] = []
    for step in 0..<3_000 {
      tree.set(anyKey(&random), random.chance(1, in: 3) ? nil : [UInt8(step & 0xFF)])
      if step % 300 == 0 { copies.append((tree, walk(tree, [], nil, false))) }
    }
    for copy in copies { #expect(walk(copy.tree, [], nil, false) == copy.pairs) }
  }

  @Test func ascendingKeysFillManyLevels() {
    var tree = OverlayTree()
    for number in 0..<50_000 {
      tree.set([UInt8(number >> 16 & 0xFF), UInt8(number >> 8 & 0xFF), UInt8(number & 0xFF)], [])
    }
    let keys = walk(tree, [], nil, false)
    #expect(keys.count == 50_000)
    #expect(walk(tree, [], nil, true) == keys.reversed())
  }

  @Test func bytesFollowReplacedValues() {
    var tree = OverlayTree()
    tree.set([1], [UInt8](repeating: 0, count: 1_000))
    let full = tree.bytes
    tree.set([1], [])
    #expect(tree.bytes == full - 1_000)
    tree.set([1], nil)
    #expect(tree.bytes == full - 1_000)
    tree.set([1], [1, 2])
    #expect(tree.bytes == full - 998)
  }
}
