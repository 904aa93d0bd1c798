import Bytes
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

  @Test func theSameSettingsTwiceAreOnce() throws {
    let shard = try TestShard()
    let sum = try shard.checksum()
    #expect(shard.command(.configure(settings)).isEmpty)
    let other = TableSettings(id: settings.id, key: KeySchema(partition: settings.key.partition))
    #expect(shard.command(.configure(other)).isEmpty, "Settings change by a higher version only.")
    #expect(try shard.checksum() == sum)
    #expect(shard.machine.tableIDs == [settings.id])
  }

  /// A request to serve a table may come late: after the table was made by another, and dropped.
  @Test(arguments: [true, false]) func aDroppedTableStaysDropped(wasServed: Bool) throws {
    let shard = try TestShard()
    let late = TableSettings(id: wasServed ? settings.id : TableID(99), key: settings.key, version: 9)
    _ = shard.command(.drop(late.id))
    #expect(shard.machine.hasDropped(late.id))
    for isReopened in [false, true] {
      if isReopened {
        try shard.flush()
        try shard.reopen()
      }
      _ = shard.command(.configure(late))
      #expect(!shard.machine.serves(late.id))
    }
  }

  private func settings(version: UInt64, indexes: [UInt32] = []) -> TableSettings {
    var settings = settings
    settings.version = version
    settings.indexes = indexes.map { id in
      IndexSettings(
        id: TableID(id), kind: .global, key: IndexKeySchema(partition: settings.key.partition), projection: .all,
        status: id == 12 ? .creating : .active)
    }
    return settings
  }

  @Test func theHighestVersionOfSettingsWins() throws {
    let shard = try TestShard()
    let newest = settings(version: 5, indexes: [11])
    for version in [settings(version: 3), newest, settings(version: 4, indexes: [12]), settings(version: 5)] {
      _ = shard.command(.configure(version))
    }
    #expect(shard.machine.settings(of: settings.id) == newest)
    try shard.flush()
    try shard.reopen()
    #expect(shard.machine.settings(of: settings.id) == newest)
  }

  /// What an index leaves behind goes with it, and no other table's rows.
  @Test func rowsOfAnIndexGoWhenItIsGoneFromTheSettings() throws {
    let shard = try TestShard()
    #expect(shard.command(.configure(settings(version: 2, indexes: [11, 12]))).isEmpty)
    #expect(shard.machine.tableIDs == [settings.id, TableID(11), TableID(12)])
    #expect(!shard.machine.serves(TableID(11)), "No client reads or writes a hidden table by itself.")
    let effects = shard.command(.configure(settings(version: 3, indexes: [12])))
    guard case .removeRows([.table(TableID(11))])? = effects.first, effects.count == 1 else {
      Issue.record("The index's rows are to be removed.")
      return
    }
    #expect(!shard.machine.holds(TableID(11)) && shard.machine.holds(TableID(12)))
    guard
      case .removeRows([.table(settings.id), .table(TableID(12)), .feed(of: settings.id)])? = shard.command(
        .drop(settings.id)
      ).first
    else {
      Issue.record("A table's indexes go with it.")
      return
    }
    #expect(!shard.machine.holds(TableID(12)))
  }

  @Test func anIndexThatWasMadeWithItsTableIsComplete() throws {
    let shard = try TestShard()
    shard.command(.configure(settings(version: 2, indexes: [11, 12])))
    #expect(shard.machine.isComplete(TableID(11)))
    #expect(!shard.machine.isComplete(TableID(12)), "It has to be filled first.")
    #expect(!shard.machine.isComplete(TableID(13)))
  }

  /// Settings of version 0 are what an earlier build wrote: its replicas and ours have the same rows.
  @Test func settingsWithoutAVersionKeepTheirForm() throws {
    let plain = try TableSettings([0, 0, 0, 7, 2, 80, 75, 1, 1, 2, 83, 75, 2])
    #expect(plain == settings)
    #expect(plain.encode() == [0, 0, 0, 7, 2, 80, 75, 1, 1, 2, 83, 75, 2])
    var full = settings(version: 9, indexes: [11, 12])
    full.timeToLive = Array("ttl".utf8)
    full.stream = StreamSettings(view: .oldImage, startedAtMs: 77)
    #expect(try TableSettings(full.encode()) == full)
    for length in full.encode().indices where length != plain.encode().count {
      #expect(throws: MalformedBytes.self) { try TableSettings(Array(full.encode()[..<length])) }
    }
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
    for id in UInt32(1)...5 { shard.command(.configure(TableSettings(id: TableID(id), key: TestShard.key))) }
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
    shard.command(.configure(TableSettings(id: TableID(8), key: TestShard.key)))
    let before = try shard.checksum()
    shard.command(.configure(TableSettings(id: TableID(9), key: TestShard.key)))
    #expect(try shard.checksum() != before)
    shard.put(rowKey("a", table: TableID(9)), item("a"))
    shard.command(.drop(TableID(9)))
    #expect(try shard.machine.store.get(rowKey("a", table: TableID(9)).bytes) != nil, "The rows go later.")
    let other = try TestShard()
    other.command(.configure(TableSettings(id: TableID(8), key: TestShard.key)))
    other.command(.drop(TableID(9)))
    #expect(try shard.checksum() == other.checksum())
  }
}
