import Catalog
import Items
import Messages
import Raft
import Shards
import Testing

private let table = TestShard.table

private func settings(_ region: String, _ others: [String], version: UInt64 = 1, ttl: Bool = false) -> TableSettings {
  TableSettings(
    id: table, key: TestShard.key, version: version, timeToLive: ttl ? Array("ttl".utf8) : nil,
    replication: others.isEmpty ? nil : ReplicationSettings(region: region, others: others))
}

/// A shard of `region`, whose table has replicas in the others.
private func shard(of region: String = "b", with others: [String] = ["a", "c"], ttl: Bool = false) throws -> TestShard {
  let shard = try TestShard(isReady: false)
  shard.command(.own(0...UInt64.max))
  shard.command(.configure(settings(region, others, ttl: ttl)))
  return shard
}

private func batch(
  from region: String, _ changes: [RegionBatch.Change], after predecessor: UInt64 = 0, shard: UInt32 = 1
) -> RegionBatch {
  RegionBatch(
    source: RegionSource(table: table, region: region, shard: ShardID(shard)), predecessor: predecessor,
    changes: changes)
}

private func change(
  _ sequence: UInt64, _ name: String, _ time: UInt64, _ region: String, _ item: EncodedItem?
) -> RegionBatch.Change {
  .init(sequence: sequence, key: rowKey(name), version: ItemVersion(time: time, region: region), item: item)
}

private func valued(_ value: Int, _ name: String = "k") -> EncodedItem {
  item(name, 0, ["n": .number(Number(value))])
}

@Suite struct RegionTests {
  @Test func theHigherTimeWinsInWhateverOrderItArrives() throws {
    let changes = [
      batch(from: "a", [change(1, "k", 100, "a", valued(1))]), batch(from: "c", [change(1, "k", 200, "c", nil)]),
      batch(from: "a", [change(1, "k", 300, "a", valued(3))], shard: 2),
    ]
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
      let shard = try shard()
      for position in order {
        try shard.submit(changes[position])
        shard.apply()
      }
      #expect(try shard.item(rowKey("k")) == valued(3), "\(order)")
      #expect(try shard.machine.version(of: rowKey("k")) == ItemVersion(time: 300, region: "a"))
    }
  }

  @Test func equalTimesAreToldApartByTheRegionsName() throws {
    let changes = [
      batch(from: "a", [change(1, "k", 100, "a", valued(1))]), batch(from: "c", [change(1, "k", 100, "c", valued(2))]),
    ]
    for order in [[0, 1], [1, 0]] {
      let shard = try shard()
      for position in order {
        try shard.submit(changes[position])
        shard.apply()
      }
      #expect(try shard.item(rowKey("k")) == valued(2), "\(order)")
    }
  }

  /// TRAPS 19: without its trace a removed item would come back by an older put.
  @Test func aRemovedItemLeavesItsVersionAndAnOlderPutDoesNotBringItBack() throws {
    let shard = try shard()
    shard.timeMs = 5
    shard.put(rowKey("k"), valued(1))
    shard.submit(ItemWrite(key: rowKey("k"), action: .delete))
    shard.apply()
    let removed = try #require(try shard.machine.version(of: rowKey("k")))
    #expect(removed == ItemVersion(time: 5 << 16 | 1, region: "b"))
    try shard.submit(batch(from: "a", [change(1, "k", removed.time - 1, "a", valued(9))]))
    shard.apply()
    #expect(try shard.item(rowKey("k")) == nil)
    try shard.flush()
    try shard.reopen()
    #expect(try shard.machine.version(of: rowKey("k")) == removed)
  }

  /// TRAPS 21: however far behind this region's clock is.
  @Test func aLocalWriteIsAboveEveryVersionThatArrived() throws {
    let shard = try shard()
    let ahead: UInt64 = 9_000 << 16
    try shard.submit(batch(from: "a", [change(1, "other", ahead, "a", valued(1))]))
    // Not applied yet.
    shard.timeMs = 4_000
    shard.submit(ItemWrite(key: rowKey("k"), action: .put(valued(2))))
    shard.apply()
    #expect(try shard.machine.version(of: rowKey("k")) == ItemVersion(time: ahead + 1, region: "b"))
    try shard.flush()
    try shard.reopen()
    shard.put(rowKey("k"), valued(3))
    #expect(try shard.machine.version(of: rowKey("k")) == ItemVersion(time: ahead + 2, region: "b"))
  }

  @Test func aGapIsRefusedAndARepeatIsIgnored() throws {
    let shard = try shard()
    let first = batch(from: "a", [change(3, "k", 100, "a", valued(1)), change(5, "l", 101, "a", valued(1, "l"))])
    let second = batch(from: "a", [change(9, "k", 102, "a", nil)], after: 5)
    #expect(try shard.submit(second) == .indexed(through: 0))
    #expect(shard.command(.region(second)).answers == [.indexed(through: 0)])
    #expect(try shard.submit(first) == nil)
    #expect(try shard.submit(first) == nil)
    #expect(shard.apply().answers == [.indexed(through: 5), .indexed(through: 5)])
    #expect(try shard.submit(second) == nil)
    #expect(shard.apply().answers == [.indexed(through: 9)])
    let records = try shard.machine.records(of: table, after: 0, countMax: 99, bytesMax: 1 << 20)
    #expect(records.map(\.version?.time) == [100, 101, 102])
    for late in [first, second] { #expect(try shard.submit(late) == .indexed(through: 9)) }
    try shard.flush()
    try shard.reopen()
    #expect(try shard.submit(first) == .indexed(through: 9))
    #expect(try shard.item(rowKey("k")) == nil)
  }

  @Test func onlyARegionWithAReplicaIsListenedTo() throws {
    let shard = try shard()
    let stranger = batch(from: "d", [change(1, "k", 100, "d", valued(1))])
    #expect(try shard.submit(stranger) == .refused(.unknownTable))
    #expect(shard.command(.region(stranger)).answers == [.refused(.unknownTable)])
    try shard.submit(batch(from: "a", [change(1, "k", 100, "a", valued(1))]))
    shard.apply()
    shard.command(.configure(settings("b", ["c"], version: 2)))
    #expect(try shard.submit(batch(from: "a", [change(2, "k", 200, "a", nil)], after: 1)) == .refused(.unknownTable))
    #expect(try shard.item(rowKey("k")) == valued(1))
  }

  /// TRAPS 21: an extension elsewhere wins, whichever of the two arrives first.
  @Test func anExpiryIsStampedJustAboveWhatItSaw() throws {
    let shard = try shard(ttl: true)
    shard.timeMs = 50
    let seen = item("k", 0, ["ttl": .number(Number(1))])
    shard.put(rowKey("k"), seen)
    let before = try #require(try shard.machine.version(of: rowKey("k")))
    shard.timeMs = 90_000
    shard.command(.expire(Expiry(key: rowKey("k"), item: seen, atMs: 90_000)))
    #expect(try shard.item(rowKey("k")) == nil)
    #expect(try shard.machine.version(of: rowKey("k")) == ItemVersion(time: before.time + 1, region: "b"))
    try shard.submit(batch(from: "a", [change(1, "k", before.time + 2, "a", valued(2))]))
    shard.apply()
    #expect(try shard.item(rowKey("k")) == valued(2))
  }

  @Test func aWriteIsEvaluatedOnAChangeThatIsUnderWay() throws {
    let shard = try shard()
    shard.put(rowKey("k"), valued(1))
    let now = try #require(try shard.machine.version(of: rowKey("k"))).time
    try shard.submit(batch(from: "a", [change(1, "k", now + 5, "a", valued(40)), change(2, "l", 1, "a", nil)]))
    shard.submit(
      ItemWrite(
        key: rowKey("k"), action: .update(try update("ADD n :n", [":n": .number(Number(2))]), key: item("k"))))
    // One that has lost against a write that is under way changes nothing.
    try shard.submit(batch(from: "c", [change(1, "k", now + 5, "c", valued(70))]))
    let verdict = shard.submit(
      ItemWrite(
        key: rowKey("k"), action: .update(try update("ADD n :n", [":n": .number(Number(2))]), key: item("k")),
        returns: .old))
    #expect(verdict.written?.old == valued(42))
    shard.apply()
    #expect(try shard.item(rowKey("k")) == valued(44))
    #expect(shard.machine.proposedCount == 0)
  }

  /// An expiry does not tell its version before it is applied.
  @Test func aChangeWaitsForAnExpiryThatIsUnderWay() throws {
    let shard = try shard(ttl: true)
    let seen = item("k", 0, ["ttl": .number(Number(1))])
    shard.put(rowKey("k"), seen)
    let expiry = ShardCommand.expire(Expiry(key: rowKey("k"), item: seen, atMs: 90_000))
    shard.machine.proposed(rowKey("k"), nil, at: shard.append(expiry.encode()))
    let late = batch(from: "a", [change(1, "k", 9 << 40, "a", valued(2))])
    #expect(try shard.submit(late) == .refused(.overloaded))
    shard.apply()
    #expect(try shard.submit(late) == nil)
  }

  @Test func aWriteThatWasProposedBeforeThereWereReplicasGetsAVersion() throws {
    let shard = try shard(with: [])
    shard.submit(ItemWrite(key: rowKey("k"), action: .put(valued(1))))
    shard.append(ShardCommand.configure(settings("b", ["a"], version: 2)).encode())
    shard.submit(ItemWrite(key: rowKey("k"), action: .put(valued(2))))
    shard.timeMs = 7
    shard.apply()
    #expect(try shard.machine.version(of: rowKey("k")) == ItemVersion(time: 7 << 16, region: "b"))
    #expect(try shard.item(rowKey("k")) == valued(2))
  }

  /// What was there before has the lowest version of all.
  @Test func anItemFromBeforeLosesAgainstEveryChange() throws {
    let shard = try shard(with: [])
    shard.put(rowKey("k"), valued(1))
    shard.command(.configure(settings("b", ["a"], version: 2)))
    #expect(try shard.machine.version(of: rowKey("k")) == .first)
    try shard.submit(batch(from: "a", [change(1, "k", 1, "a", valued(2))]))
    shard.apply()
    #expect(try shard.item(rowKey("k")) == valued(2))
  }

  @Test func aTableWithoutReplicasHasNoVersionsAndItsStateIsWrittenAsBefore() throws {
    let shard = try shard(with: [])
    shard.put(rowKey("k"), valued(1))
    #expect(!shard.machine.rowRanges.contains(.versions(of: table)))
    let plain = settings("b", []).encode()
    #expect(try TableSettings(plain) == settings("b", []))
    let global = settings("b", ["c", "a"]).encode()
    #expect(Array(global.prefix(plain.count)) == plain && global.count > plain.count)
    #expect(try TableSettings(global).replication?.others == ["a", "c"])
    guard case .removeRows(let rows)? = shard.command(.drop(table)).first else {
      Issue.record("A dropped table's rows stay.")
      return
    }
    #expect(rows == [.table(table)])
  }

  @Test func versionsGoWithTheirTableAndAreNoOrphansBefore() throws {
    let shard = try shard()
    shard.put(rowKey("k"), valued(1))
    #expect(shard.machine.rowRanges.contains(.versions(of: table)))
    #expect(try shard.machine.orphans().isEmpty)
    guard case .removeRows(let rows)? = shard.command(.drop(table)).first else {
      Issue.record("A dropped table's rows stay.")
      return
    }
    #expect(rows == [.table(table), .versions(of: table), .feed(of: table)])
    #expect(try shard.machine.orphans() == rows)
  }
}

extension [ShardMachine.Effect] {
  fileprivate var answers: [Answer] {
    compactMap { if case .answer(let answer) = $0 { answer } else { nil } }
  }
}
