import Environment
import SimulatedDisk
import Testing

@testable import Store

/// Rows of several strands in blocks and files of all sizes, beside a dictionary.
private struct Files {
  let disk = SimulatedDisk()
  let writer: AppendedWriter
  var index: AppendedIndex
  var rows: Rows = [:]
  var numbers: [UInt8: Int] = [:]
  var random: SeededRandom

  static let keys: AppendedKeys = {
    var keys = AppendedKeys(prefix: [0xFE], strandBytes: 2)
    keys.fileBytes = 300
    return keys
  }()

  init(seed: UInt64) throws {
    random = SeededRandom(seed: seed)
    try disk.createDirectory("/node")
    writer = AppendedWriter(.testing(disk), Self.keys, AppendedManifest())
    index = AppendedIndex(Self.keys)
  }

  /// Strands 10, 12, 14… so that bounds may lie between them.
  mutating func anyStrand() -> UInt8 { 10 + 2 * UInt8(random.below(5)) }

  /// Some keys of a strand begin others of it.
  static func key(_ strand: UInt8, _ number: Int) -> [UInt8] {
    [0xFE, strand] + (number == 0 ? [] : [UInt8(number / 3)] + [UInt8](repeating: 0, count: number % 3))
  }

  mutating func add() throws {
    var tree = OverlayTree()
    for _ in 0..<(1 + random.below(3)) {
      let strand = anyStrand()
      for _ in 0..<random.below(6) {
        let number = numbers[strand] ?? 0
        numbers[strand] = number + 1
        let value = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: Int(random.below(40)))
        tree.set(Self.key(strand, number), value)
        rows[Self.key(strand, number)] = value
      }
    }
    index.add(try writer.append([tree]))
  }

  mutating func raise() {
    let strand = anyStrand()
    let floor = Self.key(strand, Int(random.below(UInt64((numbers[strand] ?? 0) + 1))))
    index.raise(floor, of: [0xFE, strand])
    rows = rows.filter { $0.key[1] != strand || !$0.key.lexicographicallyPrecedes(floor) }
  }

  mutating func anyBound() -> [UInt8] {
    let strand = 9 + UInt8(random.below(12))
    switch random.below(6) {
    case 0: return [0xFE, strand]
    case 1: return [UInt8(0xFD + random.below(3))]
    case 2: return Self.key(strand, Int(random.below(40))) + [0]
    default: return Self.key(strand, Int(random.below(40)))
    }
  }
}

@Suite struct AppendedCursorTests {
  private func walk(_ files: Files, _ from: [UInt8], _ to: [UInt8]?, reverse: Bool) throws -> [[[UInt8]]] {
    var cursor = try AppendedCursor(
      files.index, AppendedReader(files.writer.place), from: from, to: to, reverse: reverse)
    var found: [[[UInt8]]] = []
    while !cursor.isAtEnd {
      found.append([[UInt8](copying: cursor.key), [UInt8](copying: cursor.value)])
      try cursor.advance()
    }
    return found
  }

  @Test(arguments: UInt64(1)...30) func walksWhatASortedDictionaryHas(seed: UInt64) throws {
    var files = try Files(seed: seed)
    for _ in 0..<25 {
      if files.random.chance(3, in: 4) { try files.add() } else { files.raise() }
      let pairs = files.rows.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { [$0.key, $0.value] }
      #expect(try walk(files, [], nil, reverse: false) == pairs)
      #expect(try walk(files, [], nil, reverse: true) == pairs.reversed())
      for _ in 0..<20 {
        let from = files.anyBound()
        let to = files.random.chance(1, in: 5) ? nil : files.anyBound()
        if let to, !from.lexicographicallyPrecedes(to) { continue }
        let wanted = pairs.filter { pair in
          !pair[0].lexicographicallyPrecedes(from) && (to.map { pair[0].lexicographicallyPrecedes($0) } ?? true)
        }
        #expect(try walk(files, from, to, reverse: false) == wanted, "\(from) to \(to ?? [])")
        #expect(try walk(files, from, to, reverse: true) == wanted.reversed(), "\(to ?? []) back to \(from)")
      }
    }
    #expect(files.writer.manifest.files.count > 2)
    #expect(files.index.strands.contains { $0.runs.count > 2 })
  }

  /// What a start finds in the files and the floors walks as it did.
  @Test(arguments: UInt64(1)...10) func whatIsRecoveredWalksTheSame(seed: UInt64) throws {
    var files = try Files(seed: seed)
    for _ in 0..<30 { if files.random.chance(3, in: 4) { try files.add() } else { files.raise() } }
    var end = AppendedEnd()
    end.dropped = files.index.takeDead()
    end.floors = files.index.floors
    files.writer.end(end)
    let before = try walk(files, [], nil, reverse: false)
    #expect(before.count == files.rows.count)
    files.index = try AppendedWriter(.testing(files.disk), Files.keys, files.writer.manifest).recover()
    #expect(try walk(files, [], nil, reverse: false) == before)
  }

  /// Rows of many strands may go before their file does.
  @Test func manyStrandsWithoutRowsArePassed() throws {
    var files = try Files(seed: 1)
    var tree = OverlayTree()
    for strand in [UInt8(1), 250] { tree.set(Files.key(strand, 0), [strand]) }
    for strand in 2..<UInt8(250) { tree.set(Files.key(strand, 0), [strand]) }
    files.index.add(try files.writer.append([tree]))
    for strand in 2..<UInt8(250) { files.index.raise([0xFE, strand, 1], of: [0xFE, strand]) }
    #expect(files.index.strands.count == 250)
    for reverse in [false, true] {
      let found = try walk(files, [0xFE, 1], [0xFE, 251], reverse: reverse).map { $0[1] }
      #expect(found == (reverse ? [[250], [1]] : [[1], [250]]))
    }
  }
}
