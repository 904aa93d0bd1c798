import Environment
import Testing

@testable import Store

/// All that was ever written, and what has gone; asked by walking through everything.
private struct DumbIndex {
  struct Block: Hashable {
    var strand: UInt8
    var first: Int
    var last: Int
    var file: UInt64
  }

  var blocks: [Block] = []
  var files: [UInt64] = []
  var floors: [UInt8: [UInt8]] = [:]

  var live: [Block] { blocks.filter { isLive($0, floors[$0.strand] ?? []) } }

  func isLive(_ block: Block, _ floor: [UInt8]) -> Bool {
    !StoreWorld.queueKey(block.strand, block.last).lexicographicallyPrecedes(floor)
  }

  mutating func raise(_ floor: [UInt8], of strand: UInt8) {
    if (floors[strand] ?? []).lexicographicallyPrecedes(floor) { floors[strand] = floor }
  }

  mutating func takeDead() -> [UInt64] {
    let kept = Set(live.map(\.file))
    let dead = files.filter { $0 != files.last && !kept.contains($0) }
    files.removeAll { dead.contains($0) }
    blocks.removeAll { dead.contains($0.file) }
    return dead
  }
}

@Suite struct AppendedIndexTests {
  private static let keys = AppendedKeys(prefix: [0xFE], strandBytes: 2)

  private struct World {
    var index = AppendedIndex(AppendedIndexTests.keys)
    var dumb = DumbIndex()
    var random: SeededRandom
    var files: [AppendedFile] = []
    var numbers: [UInt8: Int] = [:]
    /// The newest file of each strand.
    var newest: [UInt8: UInt64] = [:]
    /// Strands below it are gone.
    var least: UInt8 = 0

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    /// As a job writes them, perhaps into a new file; some went meanwhile.
    mutating func add() {
      if files.isEmpty || random.chance(1, in: 3) { files.append(.numbered(UInt64(files.count) * 2 + 1)) }
      let file = files.last!
      if dumb.files.last != file.number { dumb.files.append(file.number) }
      var runs: [AppendedRun] = []
      for strand in least..<least + 6 where random.chance(1, in: 3) || (strand == least + 5 && runs.isEmpty) {
        let first = (numbers[strand] ?? 0) + 1
        let block = DumbIndex.Block(
          strand: strand, first: first, last: first + Int(random.below(4)), file: file.number)
        numbers[strand] = block.last
        newest[strand] = file.number
        dumb.blocks.append(block)
        runs.append(run(block, file))
      }
      if random.chance(1, in: 4) { raise() }
      index.add(runs)
    }

    mutating func raise() {
      let strand = least + UInt8(random.below(6))
      let number = (numbers[strand] ?? 0) + 1 - Int(random.below(8))
      let floor = StoreWorld.queueKey(strand, max(0, number))
      index.raise(floor, of: [0xFE, strand])
      dumb.raise(floor, of: strand)
    }

    mutating func removeStrands() {
      let end = least + UInt8(1 + random.below(2))
      index.remove(from: [0xFE, least], to: [0xFE, end])
      for strand in least..<end { dumb.raise([0xFE, end], of: strand) }
      least = end
    }

    func run(_ block: DumbIndex.Block, _ file: AppendedFile) -> AppendedRun {
      AppendedRun(
        first: StoreWorld.queueKey(block.strand, block.first), last: StoreWorld.queueKey(block.strand, block.last),
        file: file, offset: 0, count: 1)
    }
  }

  private func found(_ index: AppendedIndex) -> [DumbIndex.Block] {
    index.strands.flatMap { strand in
      strand.runs.map { run in
        #expect(Array(run.first[..<2]) == strand.id)
        return DumbIndex.Block(
          strand: strand.id[1], first: Int(run.first[2]) << 8 | Int(run.first[3]),
          last: Int(run.last[2]) << 8 | Int(run.last[3]), file: run.file.number)
      }
    }
  }

  private func sorted(_ blocks: [DumbIndex.Block]) -> [DumbIndex.Block] {
    blocks.sorted { ($0.strand, $0.first) < ($1.strand, $1.first) }
  }

  private func check(_ world: World) {
    #expect(found(world.index) == sorted(world.dumb.live))
    #expect(world.index.files.map(\.number) == world.dumb.files)
    let ids = world.index.strands.map(\.id)
    #expect(ids == ids.sorted { $0.lexicographicallyPrecedes($1) })
  }

  @Test(arguments: UInt64(1)...40) func agreesWithOneThatWalksThroughEverything(seed: UInt64) {
    var world = World(seed: seed)
    for _ in 0..<200 {
      switch world.random.below(8) {
      case 0...3: world.add()
      case 4, 5: world.raise()
      case 6 where seed % 2 == 0 && world.random.chance(1, in: 4): world.removeStrands()
      default:
        #expect(world.index.takeDead().map(\.number) == world.dumb.takeDead())
        checkFloors(world)
      }
      check(world)
    }
  }

  /// What a start knows, the blocks of the files that are left and the floors, gives the same rows.
  private func checkFloors(_ world: World) {
    let floors = world.index.floors
    let left = world.dumb.blocks.filter { block in
      world.dumb.isLive(block, floors.first { $0.strand == [0xFE, block.strand] }?.floor ?? [])
    }
    #expect(left == world.dumb.live)
    // A floor goes with the files that it hides something of.
    for floor in floors { #expect(world.newest[floor.strand[1]]! >= world.dumb.files.first!) }
  }

  @Test func theFileThatMayStillBeWrittenIsNeverDead() {
    var index = AppendedIndex(Self.keys)
    let files = [AppendedFile.numbered(1), .numbered(2)]
    func run(_ number: Int, _ file: AppendedFile) -> AppendedRun {
      AppendedRun(
        first: StoreWorld.queueKey(1, number), last: StoreWorld.queueKey(1, number), file: file, offset: 0, count: 1)
    }
    index.add([run(1, files[0])])
    index.raise(StoreWorld.queueKey(1, 9), of: [0xFE, 1])
    #expect(index.takeDead().isEmpty)
    #expect(index.floors.map(\.floor) == [StoreWorld.queueKey(1, 9)])
    // It is hidden before it is known.
    index.add([run(2, files[1])])
    #expect(index.takeDead().map(\.number) == [1])
    #expect(index.strands.first?.runs.isEmpty == true)
    #expect(index.floors.map(\.floor) == [StoreWorld.queueKey(1, 9)])
  }
}
