import Environment
import Raft
import SimulatedDisk
import Testing

@testable import Store

@Suite struct ModelTests {
  @Test(arguments: 1...36) func agreesWithADictionaryThroughFlushesRestartsAndCrashes(seed: UInt64) throws {
    let disk = SimulatedDisk()
    let sizes = [512, 1_024, 4_096, 8_192, 32_768]
    let appended = seed % 3 == 0 ? nil : StoreWorld.appended
    var world = try StoreWorld(disk, seed: seed, pageBytes: sizes[Int(seed % 5)], appended: appended)
    // A file keeps the size that it was made with.
    world.configuration.pageBytes = sizes[Int(seed % 4)]
    var views = LongViews(max: Int(seed % 4))
    for _ in 0..<60 {
      let durable = world.store.durable
      try views.turn(&world)
      switch world.random.below(11) {
      case 0...3: world.apply(Int(world.random.below(12)))
      case 4, 5: #expect(world.run(world.flushJob()) == nil)
      case 6: #expect(world.run(world.store.checkpoint()) == nil)
      case 7, 8: #expect(world.run(world.store.spill()) == nil)
      case 9:
        try views.close(world)
        let flushed = world.store.flushed
        if world.random.chance(1, in: 2) { world.store.close() } else { disk.kill() }
        try world.reopen()
        #expect(world.store.applied == flushed, "Only a crash of the machine takes a commit back.")
      default:
        try views.close(world)
        disk.crash(&world.random)
        try world.reopen()
        #expect(world.store.applied >= durable)
      }
      #expect(world.store.durable >= durable)
      try world.check()
    }
    try views.close(world)
  }

  /// Views that stay open for many steps.
  private struct LongViews {
    let max: Int
    var open: [(view: StoreView, rows: Rows)] = []

    init(max: Int) { self.max = max }

    mutating func turn(_ world: inout StoreWorld) throws {
      if open.count < max && world.random.chance(1, in: 3) { open.append((try world.store.view(), world.rows)) }
      if open.count > 0 && world.random.chance(1, in: 12) { try check(open.removeFirst(), world) }
    }

    mutating func close(_ world: StoreWorld) throws {
      for view in open { try check(view, world) }
      open = []
    }

    private func check(_ open: (view: StoreView, rows: Rows), _ world: StoreWorld) throws {
      #expect(try world.all { try open.view.scan(from: [], to: nil, reverse: $0, $1) } == open.rows)
      for key in world.queued { #expect(try open.view.get(key) == open.rows[key]) }
      open.view.close()
    }
  }

  @Test func scansKeepTheirBounds() throws {
    var world = try StoreWorld(SimulatedDisk(), seed: 5)
    world.apply(60)
    world.run(world.flushJob())
    world.apply(20)
    world.run(world.store.spill())
    world.apply(30)
    let pending = world.flushJob()
    world.apply(30)
    for _ in 0..<300 {
      let from = world.anyBound()
      let to = world.random.chance(1, in: 5) ? nil : world.anyBound()
      let found = try world.all { try world.store.scan(from: from, to: to, reverse: $0, $1) }
      let wanted = world.rows.filter { row in
        !row.key.lexicographicallyPrecedes(from) && (to.map { row.key.lexicographicallyPrecedes($0) } ?? true)
      }
      #expect(found == wanted)
    }
    world.run(pending)
  }

  @Test func aScanStopsWhereItIsTold() throws {
    var world = try StoreWorld(SimulatedDisk(), seed: 6)
    world.apply(80)
    world.run(world.flushJob())
    world.apply(20)
    var keys: [[UInt8]] = []
    try world.store.scan(from: [], to: nil) { key, _ in
      keys.append(key)
      return keys.count == 3 ? .stop : .proceed
    }
    #expect(keys == Array(world.rows.keys.sorted { $0.lexicographicallyPrecedes($1) }.prefix(3)))
  }

  @Test func oneScanMayRunInsideAnother() throws {
    var world = try StoreWorld(SimulatedDisk(), seed: 8)
    world.apply(80)
    world.run(world.flushJob())
    var pairs = 0
    try world.store.scan(from: [], to: nil) { _, _ in
      try world.store.scan(from: [], to: nil) { _, _ in
        pairs += 1
        return .proceed
      }
      return .proceed
    }
    #expect(pairs == world.rows.count * world.rows.count)
  }

  @Test func entriesWithoutRowsAreFlushedToo() throws {
    let disk = SimulatedDisk()
    var world = try StoreWorld(disk, seed: 1)
    #expect(world.flushJob() == nil)
    world.history.append([:])
    world.store.advance(to: world.position(1))
    #expect(world.run(world.flushJob()) == nil)
    #expect(world.store.flushed.index == 1)
    #expect(world.store.durable == .zero)
    #expect(world.run(world.store.checkpoint()) == nil)
    #expect(world.store.durable.index == 1)
    #expect(world.flushJob() == nil)
    #expect(world.store.checkpoint() == nil)
    disk.crash(&world.random)
    try world.reopen()
    #expect(world.store.applied.index == 1)
  }

  @Test func onlyOneJobOfAKindIsUnderWay() throws {
    var world = try StoreWorld(SimulatedDisk(), seed: 2)
    world.apply(5)
    let flush = world.flushJob()
    #expect(flush != nil)
    #expect(world.flushJob() == nil)
    let checkpoint = world.store.checkpoint()
    #expect(checkpoint != nil)
    #expect(world.store.checkpoint() == nil)
    world.run(flush)
    world.run(checkpoint)
    #expect(world.store.durable.index == 5)
  }

  @Test func aRangeIsRemovedInBoundedSteps() throws {
    let disk = SimulatedDisk()
    var world = try StoreWorld(disk, seed: 3)
    world.apply(150)
    world.run(world.flushJob())
    world.apply(30)
    let from: [UInt8] = [1]
    let to: [UInt8] = [2]
    var jobs = 0
    while let job = world.store.deleteRange(from: from, to: to) {
      jobs += 1
      #expect(world.run(job) == nil)
      if !job.hasMore { break }
    }
    #expect(jobs > 1)
    let left = world.rows.filter { $0.key.lexicographicallyPrecedes(from) || !$0.key.lexicographicallyPrecedes(to) }
    world.history[world.history.count - 1] = left
    try world.check()
    world.run(world.flushJob())
    try world.check()
    disk.kill()
    try world.reopen()
    try world.check()
  }

  @Test func rowsThatGoBeforeAFlushNeverReachTheFile() throws {
    let world = try StoreWorld(SimulatedDisk(), seed: 4)
    for number in 1...100 {
      world.store.put([9, UInt8(number)], [1, 2, 3])
      world.store.advance(to: world.position(UInt64(number)))
    }
    try world.store.deletePutOnce(from: [9], to: [9, 81])
    world.store.advance(to: world.position(101))
    world.run(world.flushJob())
    try world.store.deletePutOnce(from: [9], to: [9, 91])
    let tombstones = world.store.overlayBytes
    world.store.delete([9, 1])
    #expect(world.store.overlayBytes == tombstones / 10 * 11, "Ten were in the file, and ten are hidden.")
    var left: [UInt8] = []
    try world.store.scan(from: [], to: nil) { key, _ in
      left.append(key[1])
      return .proceed
    }
    #expect(left == Array(91...100))
  }

  @Test func overlayBytesFallWithAFlush() throws {
    var world = try StoreWorld(SimulatedDisk(), seed: 4)
    world.apply(50)
    let before = world.store.overlayBytes
    #expect(before > world.rows.values.reduce(0) { $0 + $1.count })
    let job = world.flushJob()
    #expect(world.store.overlayBytes == before)
    world.run(job)
    #expect(world.store.overlayBytes == 0)
  }
}
