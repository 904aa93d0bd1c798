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

  mutating func erase(_ from: [UInt8], _ to: [UInt8]) {
    entries.removeAll { entry in
      entry.value != nil && !entry.key.lexicographicallyPrecedes(from) && entry.key.lexicographicallyPrecedes(to)
    }
  }

  /// What the tree says of its memory.
  var bytes: Int { entries.reduce(0) { $0 + $1.key.count + ($1.value?.count ?? 0) + 128 } }

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

  @Test(arguments: 1...12) func erasesAsASortedArrayDoes(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var tree = OverlayTree()
    var model = SortedArray()
    for _ in 0..<60 {
      for _ in 0..<random.below(200) {
        let key = anyKey(&random)
        let value = random.chance(1, in: 8) ? nil : [UInt8](repeating: 7, count: Int(random.below(9)))
        tree.set(key, value)
        model.set(key, value)
      }
      let copy = (tree: tree, pairs: model.range([], nil, false))
      for _ in 0..<random.below(4) {
        let ends = [anyKey(&random), random.chance(1, in: 12) ? [0xFF, 0xFF, 0xFF, 0xFF, 0xFF] : anyKey(&random)]
        let before = model.entries.count
        model.erase(ends[0], ends[1])
        #expect(tree.erase(from: ends[0], to: ends[1]) == before - model.entries.count)
      }
      #expect(tree.count == model.entries.count && tree.bytes == model.bytes)
      for reverse in [false, true] { #expect(walk(tree, [], nil, reverse) == model.range([], nil, reverse)) }
      let (from, to) = (anyKey(&random), anyKey(&random))
      for reverse in [false, true] { #expect(walk(tree, from, to, reverse) == model.range(from, to, reverse)) }
      #expect(walk(copy.tree, [], nil, false) == copy.pairs)
    }
  }

  /// A queue: what is set behind is erased before, for as long as one likes.
  @Test func aQueueLeavesNothingBehind() {
    var tree = OverlayTree()
    func key(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }
    var first = 0
    for last in 1...30_000 {
      tree.set(key(last), [1])
      guard last % 700 == 0 else { continue }
      #expect(tree.erase(from: key(0), to: key(last - 100)) == last - 100 - max(first, 1))
      first = last - 100
      #expect(walk(tree, [], nil, false).map(\.[0]) == (first...last).map { key($0) })
    }
    tree.erase(from: key(0), to: key(40_000))
    #expect(tree.isEmpty && tree.bytes == 0 && tree.root.isLeaf)
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
