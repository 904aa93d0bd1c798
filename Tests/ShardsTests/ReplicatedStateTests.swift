import Catalog
import Items
import Messages
import Raft
import Shards
import Store
import Testing

/// What entries do to a shard's own state.
@Suite struct ReplicatedStateTests {
  private let settings = TableSettings(id: TestShard.table, key: TestShard.key)

  @Test func installingTwiceIsInstallingOnce() throws {
    let shard = try TestShard()
    let sum = try shard.checksum()
    #expect(shard.command(.install(settings)).isEmpty)
    let other = TableSettings(id: settings.id, key: KeySchema(partition: settings.key.partition))
    #expect(shard.command(.install(other)).isEmpty, "The settings of a table id never change by a second install.")
    #expect(try shard.checksum() == sum)
    #expect(shard.machine.tableIDs == [settings.id])
  }

  @Test func droppingTwiceRemovesRowsOnce() throws {
    let shard = try TestShard()
    let effects = shard.command(.drop(settings.id))
    guard case .removeRows([.table(settings.id)])? = effects.first, effects.count == 1 else {
      Issue.record("A drop asks for the table's rows to be removed.")
      return
    }
    #expect(shard.command(.drop(settings.id)).isEmpty)
    #expect(shard.command(.drop(TableID(99))).isEmpty)
    #expect(shard.machine.tableIDs == [])
    #expect(shard.machine.get(rowKey("a")) == .refused(.unknownTable))
  }

  @Test func theFirstOwnerWins() throws {
    let shard = try TestShard(isReady: false)
    #expect(shard.machine.range == nil)
    shard.command(.own(5...9))
    shard.command(.own(0...UInt64.max))
    #expect(shard.machine.range == 5...9)
  }

  @Test func aChecksumEntryAsksForTheChecksum() throws {
    let shard = try TestShard()
    guard case .checksum? = shard.command(.checksum).first else {
      Issue.record("A checksum entry asks for the checksum.")
      return
    }
  }

  @Test func theMachineRecoversItsOwnRows() throws {
    let shard = try TestShard(isReady: false)
    shard.command(.own(0...UInt64.max))
    for id in UInt32(1)...5 { shard.command(.install(TableSettings(id: TableID(id), key: TestShard.key))) }
    shard.command(.drop(TableID(3)))
    shard.put(rowKey("a", table: TableID(2)), item("a"))
    let sum = try shard.checksum()
    try shard.flush()
    try shard.reopen()
    #expect(shard.machine.range == 0...UInt64.max)
    #expect(shard.machine.tableIDs == [1, 2, 4, 5].map { TableID($0) })
    #expect(shard.machine.store.applied == LogPosition(index: 8, term: 1))
    #expect(try shard.item(rowKey("a", table: TableID(2))) == item("a"))
    #expect(try shard.checksum() == sum)
  }

  /// The leader evaluated a write before it applied the drop that came first in the log. Nobody removes such a row later,
  /// because table ids are never used again.
  @Test func aWriteBehindTheDropOfItsTableLeavesNoRow() throws {
    let shard = try TestShard()
    shard.append(ShardCommand.drop(TestShard.table).encode())
    #expect(shard.submit(ItemWrite(key: rowKey("a"), action: .put(item("a")))).written != nil)
    shard.apply()
    #expect(try shard.machine.store.get(rowKey("a").bytes) == nil)
    #expect(shard.machine.proposedCount == 0)
  }

  // MARK: Checksums

  private func filled(_ shard: TestShard, flushAt: Set<Int>) throws {
    for number in 0..<40 {
      shard.put(rowKey("k\(number % 25)"), item("k\(number % 25)", 0, ["n": .number(Number(number))]))
      if number % 7 == 3 {
        shard.submit(ItemWrite(key: rowKey("k\(number % 25)"), action: .delete))
        shard.apply()
      }
      if flushAt.contains(number) { try shard.flush() }
      if flushAt.contains(number) && number % 2 == 0 { try shard.checkpoint() }
    }
  }

  @Test func equalStateHasEqualChecksumsWhateverIsFlushed() throws {
    var sums: Set<UInt64> = []
    for flushes in [[], [39], [10], [4, 10, 20, 30], Array(0..<40)] as [[Int]] {
      let shard = try TestShard()
      try filled(shard, flushAt: Set(flushes))
      sums.insert(try shard.checksum())
    }
    #expect(sums.count == 1)
  }

  @Test func everyRowCountsInTheChecksum() throws {
    let shard = try TestShard()
    try filled(shard, flushAt: [20])
    let sum = try shard.checksum()
    var sums: Set<UInt64> = [sum]
    for number in 0..<25 {
      let key = rowKey("k\(number)")
      let old = try shard.item(key)
      shard.put(key, item("k\(number)", 0, ["changed": .bool(true)]))
      sums.insert(try shard.checksum())
      if let old {
        shard.submit(ItemWrite(key: key, action: .delete))
        shard.apply()
        sums.insert(try shard.checksum())
        shard.put(key, old)
      } else {
        shard.submit(ItemWrite(key: key, action: .delete))
        shard.apply()
      }
      #expect(try shard.checksum() == sum, "The old state again has the old sum.")
    }
    #expect(sums.count > 25)
  }

  @Test func theShardsOwnStateCountsAndDroppedRowsDoNot() throws {
    let shard = try TestShard()
    shard.command(.install(TableSettings(id: TableID(8), key: TestShard.key)))
    let before = try shard.checksum()
    shard.command(.install(TableSettings(id: TableID(9), key: TestShard.key)))
    #expect(try shard.checksum() != before)
    shard.put(rowKey("a", table: TableID(9)), item("a"))
    shard.command(.drop(TableID(9)))
    #expect(try shard.machine.store.get(rowKey("a", table: TableID(9)).bytes) != nil, "The rows go later.")
    #expect(try shard.checksum() == before)
  }
}
