import Catalog
import Environment
import Journal
import Messages
import Raft
import Replicas
import SimulatedDisk
import Store
import Testing

@testable import Node

/// A disk without space stops nothing for good.
@Suite struct FullDiskTests {
  private static let body = [UInt8](repeating: 3, count: 500)

  /// Flushes fail, the log still has its segments: writes go on, and what waits is flushed once there is space.
  @Test func writesOutliveAFlushThatFindsNoSpace() throws {
    let node = TestNode()
    try node.start()
    let table = try node.makeTable()
    node.run(ticks: 100)
    node.disk.beforeOperation = { operation throws(DiskError) in
      if case .write(let path, _, _) = operation, path.contains("/shard-") {
        throw DiskError(.noSpace, "write \(path)")
      }
    }
    for number in 0..<30 {
      #expect(node.ask(.write(try .count(table, "k\(number % 7)", filler: 500)))?.isWritten == true)
    }
    #expect(node.failure == nil)
    let flushed = node.running.replica(GroupID(1))?.store.flushed.index ?? 0
    node.disk.beforeOperation = nil
    let applied = node.running.replica(GroupID(1))?.store.applied.index ?? 0
    #expect(flushed < applied)
    #expect(node.run { (node.running.replica(GroupID(1))?.store.durable.index ?? 0) >= applied })
    for number in 0..<7 { #expect(node.ask(.read(table, "k\(number)"))?.counter == (30 - number + 6) / 7) }
  }

  /// While nothing can be flushed the overlay may not grow without end: writes are refused at its bound.
  @Test func writesAreRefusedWhereTheOverlayCannotBeFlushed() throws {
    let node = TestNode()
    try node.start()
    let table = try node.makeTable()
    node.disk.beforeOperation = { operation throws(DiskError) in
      if case .write(let path, _, _) = operation, path.contains("/shard-") {
        throw DiskError(.noSpace, "write \(path)")
      }
    }
    var isRefused = false
    for number in 0..<500 where !isRefused {
      isRefused = node.ask(.write(.put(table, "k\(number)", Self.body))) == .refused(.overloaded)
    }
    #expect(isRefused)
    #expect(node.running.overlayBytes <= 4 * node.configuration.overlayBytesMax)
    node.disk.beforeOperation = nil
    node.run(ticks: 300)
    #expect(node.ask(.write(.put(table, "late")))?.isWritten == true)
  }

  /// The log cannot grow: what waits for it is answered once there is space again, without a restart.
  @Test func theLogGoesOnOnceThereIsSpace() throws {
    let node = TestNode()
    try node.start()
    let table = try node.makeTable()
    node.run(ticks: 100)
    node.disk.beforeOperation = { operation throws(DiskError) in
      switch operation {
      case .write(let path, _, _) where path.contains("/shard-"): throw DiskError(.noSpace, "write \(path)")
      case .open(let path, create: true) where path.hasSuffix(".tmp"): throw DiskError(.noSpace, "open \(path)")
      default: break
      }
    }
    for number in 0..<150 {
      _ = node.submit(.write(.put(table, "k\(number)", Self.body)))
      node.run(ticks: 2)
    }
    #expect(node.failure == nil)
    #expect(node.running.journal.isNoSpace)
    node.disk.beforeOperation = nil
    node.run(ticks: 500)
    #expect(node.ask(.write(.put(table, "late")))?.isWritten == true)
    #expect(!node.running.journal.isNoSpace)
  }
}
