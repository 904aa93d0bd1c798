import Environment
import SimulatedDisk
import Testing

@testable import Store

@Suite struct ViewTests {
  /// Reads a view in slices of three rows and lets `between` change the store after each.
  private func slices(_ view: StoreView, reverse: Bool = false, _ between: () throws -> Void) throws -> Rows {
    var rows: Rows = [:]
    var from: [UInt8] = []
    var to: [UInt8]?
    while true {
      var keys: [[UInt8]] = []
      try view.scan(from: from, to: to, reverse: reverse) { key, value in
        rows[key] = value
        keys.append(key)
        return keys.count == 3 ? .stop : .proceed
      }
      guard keys.count == 3 else { return rows }
      if reverse { to = keys[2] } else { from = keys[2] + [0] }
      try between()
    }
  }

  @Test(arguments: [false, true]) func aViewStaysWholeWhileFlushesCommitBetweenItsSlices(reverse: Bool) throws {
    var world = try StoreWorld(SimulatedDisk(), seed: 21)
    world.apply(100)
    world.run(world.flushJob())
    world.apply(60)
    let rows = world.rows
    let view = try world.store.view()
    let seen = try slices(view, reverse: reverse) {
      world.apply(4)
      world.run(world.flushJob())
      world.run(world.store.checkpoint())
    }
    #expect(seen == rows)
    for (key, value) in rows { #expect(try view.get(key) == value) }
    view.close()
    try world.check()
  }

  @Test func aViewSeesTheGenerationWhoseFlushIsUnderWay() throws {
    var world = try StoreWorld(SimulatedDisk(), seed: 22)
    world.apply(50)
    let job = world.flushJob()
    world.apply(20)
    let before = try world.store.view()
    let rows = world.rows
    try job?.run()
    // Committed, but the store has not heard of it.
    let between = try world.store.view()
    world.store.completed(job!, error: nil)
    world.apply(20)
    world.run(world.flushJob())
    for view in [before, between] {
      #expect(try world.all { try view.scan(from: [], to: nil, reverse: $0, $1) } == rows)
      view.close()
    }
  }

  @Test(arguments: 31...38) func manyViewsKeepTheirStatesThroughEverything(seed: UInt64) throws {
    var world = try StoreWorld(SimulatedDisk(), seed: seed)
    var views: [(view: StoreView, rows: Rows)] = []
    for _ in 0..<80 {
      switch world.random.below(8) {
      case 0...2: world.apply(Int(world.random.below(8)))
      case 3: #expect(world.run(world.flushJob()) == nil)
      case 4: #expect(world.run(world.store.checkpoint()) == nil)
      case 5: if views.count < 9 { views.append((try world.store.view(), world.rows)) }
      default:
        if views.isEmpty { continue }
        let (view, rows) = views.remove(at: Int(world.random.below(UInt64(views.count))))
        #expect(try world.all { try view.scan(from: [], to: nil, reverse: $0, $1) } == rows)
        view.close()
      }
    }
    for (view, rows) in views {
      #expect(try world.all { try view.scan(from: [], to: nil, reverse: $0, $1) } == rows)
      view.close()
    }
    try world.check()
  }

  @Test func aCheckpointUnderAViewIsDurableAndIsCompletedLater() throws {
    let disk = SimulatedDisk()
    var world = try StoreWorld(disk, seed: 23)
    world.apply(40)
    world.run(world.flushJob())
    let view = try world.store.view()
    world.apply(40)
    world.run(world.flushJob())
    #expect(world.run(world.store.checkpoint()) == nil)
    #expect(world.store.durable == world.store.flushed)
    // Pages are left to move.
    let second = world.store.checkpoint()
    #expect(second != nil)
    #expect(world.run(second) == nil)
    let copy = disk.copy()
    copy.crash(&world.random)
    var recovered = world
    try recovered.reopen(on: copy)
    #expect(recovered.store.applied == world.store.durable)
    try recovered.check()
    view.close()
    #expect(world.run(world.store.checkpoint()) == nil)
    #expect(world.store.checkpoint() == nil)
  }

  @Test func aPinnedGenerationCountsUntilItsViewCloses() throws {
    var world = try StoreWorld(SimulatedDisk(), seed: 24)
    world.apply(40)
    let view = try world.store.view()
    world.run(world.flushJob())
    #expect(world.store.overlayBytes > 0)
    view.close()
    #expect(world.store.overlayBytes == 0)
  }

  @Test func aViewOutlivesItsStore() throws {
    var world = try StoreWorld(SimulatedDisk(), seed: 25)
    world.apply(40)
    world.run(world.flushJob())
    world.apply(10)
    let view = try world.store.view()
    world.store.close()
    #expect(try world.all { try view.scan(from: [], to: nil, reverse: $0, $1) } == world.rows)
    try world.checkGets { try view.get($0) }
    view.close()
  }
}
