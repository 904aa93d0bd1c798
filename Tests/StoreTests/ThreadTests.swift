import Environment
import Foundation
import Raft
import System
import Testing

@testable import Store

/// What a job on another thread found. Written there, read after the threads have ended.
private final class Outcome {
  var rows: Rows = [:]
  var error: (any Error)?
}

@Suite struct ThreadTests {
  private func inTemporaryFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.path + "/gantry-store-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  private func reading(_ view: StoreView, _ outcome: Outcome) -> () throws -> Void {
    {
      for _ in 0..<3 {
        outcome.rows = [:]
        try view.scan(from: [], to: nil) { key, value in
          outcome.rows[key] = value
          return .proceed
        }
      }
    }
  }

  @Test func viewsAreReadOnTwoThreadsWhileAThirdFlushesAndCheckpoints() throws {
    try inTemporaryFolder { folder in
      var world = try StoreWorld(RealDisk(), directory: folder, seed: 71)
      for round in 0..<12 {
        world.apply(40)
        let outcomes = [Outcome(), Outcome()]
        let flush = world.flushJob()!
        let rows = world.rows
        let views = [try world.store.view(), try world.store.view()]
        let checkpoint = world.store.checkpoint()!
        let threads = WorkerThreads { _, error in
          if let error { fatalError("A job failed: \(error).") }
        }
        threads.run(flush.job(id: 1))
        threads.run(checkpoint.job(id: 2))
        threads.run(Job(id: 3, lane: .journal, work: reading(views[0], outcomes[0])))
        threads.run(Job(id: 4, lane: .background, work: reading(views[1], outcomes[1])))
        // The loop goes on meanwhile.
        world.apply(20)
        try world.check("round \(round)")
        threads.shutdown()
        world.store.completed(flush, error: nil)
        world.store.completed(checkpoint, error: nil)
        for (view, outcome) in zip(views, outcomes) {
          #expect(outcome.rows == rows)
          view.close()
        }
        #expect(world.store.durable == world.store.flushed)
        try world.check()
      }
      world.store.close()
    }
  }

  @Test func aRealFolderIsOpenedAgain() throws {
    try inTemporaryFolder { folder in
      var world = try StoreWorld(RealDisk(), directory: folder, seed: 72)
      #expect(world.store.isNew)
      world.apply(100)
      #expect(world.run(world.flushJob()) == nil)
      // Dropped without a close, as when the process is killed.
      world.store = try ShardStore.open(disk: RealDisk(), directory: folder, configuration: StoreWorld.configuration)
      #expect(!world.store.isNew)
      #expect(world.store.applied.index == 100)
      #expect(world.store.durable.index == 100)
      try world.check()
      world.store.close()
    }
  }
}
