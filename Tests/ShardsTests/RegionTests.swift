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
        shard.submit(changes[position])
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
        shard.submit(changes[position])
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
    shard.submit(batch(from: "a", [change(1, "k", removed.time - 1, "a", valued(9))]))
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
    shard.submit(batch(from: "a", [change(1, "other", ahead, "a", valued(1))]))
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
    #expect(shard.submit(second) == .indexed(through: 0))
    #expect(shard.command(.region(second)).answers == [.indexed(through: 0)])
    #expect(shard.submit(first) == nil)
    #expect(shard.submit(first) == nil)
    #expect(shard.apply().answers == [.indexed(through: 5), .indexed(through: 5)])
    #expect(shard.submit(second) == nil)
    #expect(shard.apply().answers == [.indexed(through: 9)])
    let records = try shard.machine.records(of: table, after: 0, countMax: 99, bytesMax: 1 << 20)
    #expect(records.map(\.version?.time) == [100, 101, 102])
    for late in [first, second] { #expect(shard.submit(late) == .indexed(through: 9)) }
    try shard.flush()
    try shard.reopen()
    #expect(shard.submit(first) == .indexed(through: 9))
    #expect(try shard.item(rowKey("k")) == nil)
  }

  @Test func onlyARegionWithAReplicaIsListenedTo() throws {
    let shard = try shard()
    let stranger = batch(from: "d", [change(1, "k", 100, "d", valued(1))])
    #expect(shard.submit(stranger) == .refused(.unknownTable))
    #expect(shard.command(.region(stranger)).answers == [.refused(.unknownTable)])
    shard.submit(batch(from: "a", [change(1, "k", 100, "a", valued(1))]))
    shard.apply()
    shard.command(.configure(settings("b", ["c"], version: 2)))
    #expect(shard.submit(batch(from: "a", [change(2, "k", 200, "a", nil)], after: 1)) == .refused(.unknownTable))
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
    shard.submit(batch(from: "a", [change(1, "k", before.time + 2, "a", valued(2))]))
    shard.apply()
    #expect(try shard.item(rowKey("k")) == valued(2))
  }

  @Test func aWriteIsEvaluatedOnAChangeThatIsUnderWay() throws {
    let shard = try shard()
    shard.put(rowKey("k"), valued(1))
    let now = try #require(try shard.machine.version(of: rowKey("k"))).time
    shard.submit(batch(from: "a", [change(1, "k", now + 5, "a", valued(40)), change(2, "l", 1, "a", nil)]))
    shard.submit(
      ItemWrite(
        key: rowKey("k"), action: .update(try update("ADD n :n", [":n": .number(Number(2))]), key: item("k"))))
    // One that has lost against a write that is under way changes nothing.
    shard.submit(batch(from: "c", [change(1, "k", now + 5, "c", valued(70))]))
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
    #expect(shard.submit(late) == .refused(.overloaded))
    shard.apply()
    #expect(shard.submit(late) == nil)
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
    shard.submit(batch(from: "a", [change(1, "k", 1, "a", valued(2))]))
    shard.apply()
    #expect(try shard.item(rowKey("k")) == valued(2))
  }

  /// Else a stream there would give the record up at once.
  @Test func whereNobodyWritesARecordIsAsOldAsTheTablesClock() throws {
    let shard = try TestShard(isReady: false)
    shard.command(.own(0...UInt64.max))
    var settings = settings("b", ["a"])
    settings.stream = StreamSettings(view: .newAndOldImages, startedAtMs: 1_000)
    shard.command(.configure(settings))
    let changes = [change(1, "k", 5_000 << 16, "a", valued(1)), change(2, "l", 4_000 << 16, "a", nil)]
    shard.submit(batch(from: "a", changes))
    shard.apply()
    let records = try shard.machine.records(of: table, after: 0, countMax: 9, bytesMax: 1 << 20)
    #expect(records.map(\.timeMs) == [5_000, 5_000])
    #expect(try shard.machine.nextTrim(of: table, beforeMs: 4_999) == nil)
    #expect(try shard.machine.nextTrim(of: table, beforeMs: 5_000)?.through == records.last?.sequence)
    settings.version = 2
    settings.stream = nil
    shard.command(.configure(settings))
    #expect(try shard.machine.nextTrim(of: table, beforeMs: 4_999) == nil)
  }

  /// Here a trace goes too early, as none ever does, between what a leader proposes and what comes of it.
  @Test func whatALeaderForesawDoesNotOutliveWhatItCouldNot() throws {
    let shard = try TestShard(isReady: false)
    try shard.follow()
    shard.command(.own(0...UInt64.max))
    shard.command(.configure(settings("b", ["a", "c"])))
    shard.submit(batch(from: "a", [change(1, "k", 200, "a", nil)]))
    shard.apply()
    let traces = try shard.machine.traces(of: table, after: nil, rowsMax: 9).traces
    shard.append(ShardCommand.forgetTraces(ForgottenTraces(table: table, traces: traces)).encode())
    shard.submit(batch(from: "c", [change(1, "k", 100, "c", valued(1))]))
    shard.apply()
    #expect(traces.count == 1)
    #expect(try shard.item(rowKey("k")) == valued(1))
    #expect(try shard.checksum() == shard.follower?.checksum())
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

  private func settle(_ shard: TestShard, _ region: String) -> [ChangeRecord] {
    var slices = 0
    while let slice = shard.machine.nextCopy(of: table, to: region) {
      var small = slice
      small.rowsMax = 2
      shard.command(.regionCopy(small))
      slices += 1
      if slices > 50 { break }
    }
    let records = try? shard.machine.records(of: table, after: 0, countMax: 999, bytesMax: 1 << 20)
    return (records ?? []).filter { $0.region == region }
  }

  /// Items from before, own ones, traces of removed ones, and what a region wrote that has left; not what another region
  /// will send itself.
  @Test func whatATableHeldIsSentToARegionThatIsAdded() throws {
    let shard = try shard(with: [])
    for name in ["old", "gone", "kept"] { shard.put(rowKey(name), valued(1, name)) }
    shard.command(.configure(settings("b", ["a", "c"], version: 2)))
    shard.timeMs = 9
    shard.put(rowKey("kept"), valued(2, "kept"))
    shard.submit(ItemWrite(key: rowKey("gone"), action: .delete))
    shard.apply()
    shard.submit(batch(from: "a", [change(1, "from-a", 100, "a", valued(3, "from-a"))]))
    shard.submit(batch(from: "c", [change(1, "from-c", 100, "c", valued(4, "from-c"))]))
    shard.apply()
    shard.command(.configure(settings("b", ["a", "d"], version: 3)))
    #expect(!shard.machine.isCopied(table, to: "d"))
    let sent = settle(shard, "d")
    let images = Dictionary(uniqueKeysWithValues: sent.map { ($0.key, $0.new) })
    #expect(
      images == [
        rowKey("old"): valued(1, "old"), rowKey("kept"): valued(2, "kept"), rowKey("gone"): nil,
        rowKey("from-c"): valued(4, "from-c"),
      ])
    #expect(sent.first { $0.key == rowKey("old") }?.version == .first)
    #expect(sent.allSatisfy { $0.flags == .isImage && $0.old == nil })
    // It is for that region alone, and arrived only when the cursor says so.
    for record in sent {
      #expect(try shard.machine.change(of: record, in: table, for: "a", as: table) == nil)
      #expect(try shard.machine.change(of: record, in: table, for: "d", as: TableID(99))?.key.table == TableID(99))
    }
    #expect(!shard.machine.isCopied(table, to: "d"))
    shard.command(
      .regionAdvance(RegionAdvance(table: table, region: "d", through: shard.machine.feedEnd(of: table), reached: [])))
    #expect(shard.machine.isCopied(table, to: "d") && shard.machine.nextCopy(of: table, to: "d") == nil)
  }

  @Test func nothingGoesBackToWhereItCameFromNorOnToAnotherRegion() throws {
    let shard = try shard()
    shard.put(rowKey("own"), valued(1, "own"))
    shard.submit(batch(from: "a", [change(1, "k", 100, "a", valued(3))]))
    shard.apply()
    let records = try shard.machine.records(of: table, after: 0, countMax: 99, bytesMax: 1 << 20)
    #expect(records.count == 2)
    for region in ["a", "c"] {
      let sent = try records.compactMap { try shard.machine.change(of: $0, in: table, for: region, as: table) }
      #expect(sent.map(\.key) == [rowKey("own")])
    }
  }

  /// The slowest region keeps the records; where each stands outlives a restart.
  @Test func recordsGoOnceEveryRegionHasThem() throws {
    let shard = try shard()
    for value in 1...3 { shard.put(rowKey("k"), valued(value)) }
    let records = try shard.machine.records(of: table, after: 0, countMax: 99, bytesMax: 1 << 20)
    func left() throws -> Int { try shard.machine.records(of: table, after: 0, countMax: 99, bytesMax: 1 << 20).count }
    func advance(_ region: String, _ record: Int) {
      let sequence = records[record].sequence
      shard.command(
        .regionAdvance(
          RegionAdvance(
            table: table, region: region, through: sequence, reached: [.init(shard: ShardID(4), sequence: sequence)])))
    }
    advance("a", 2)
    #expect(try left() == 3)
    advance("c", 1)
    #expect(try left() == 1)
    try shard.flush()
    try shard.reopen()
    let feed = try #require(shard.machine.feed(of: table))
    #expect(feed.regions.map(\.name) == ["a", "c"])
    #expect(feed.region("c")?.cursor == records[1].sequence)
    #expect(feed.region("a")?.reached == [.init(shard: ShardID(4), sequence: records[2].sequence)])
    // A region that leaves keeps nothing.
    shard.command(.configure(settings("b", ["a"], version: 2)))
    #expect(try left() == 0)
  }

  /// A replica that is too far behind is brought up with what the table holds, removed items included, and loses nothing.
  @Test func aRegionThatIsTooFarBehindGetsWhatTheTableHolds() throws {
    let shard = try shard()
    for name in ["k", "l", "gone"] { shard.put(rowKey(name), valued(1, name)) }
    shard.submit(ItemWrite(key: rowKey("gone"), action: .delete))
    shard.apply()
    let first = try shard.machine.records(of: table, after: 0, countMax: 1, bytesMax: 1)[0].sequence
    let reached = [RegionAdvance.Reached(shard: ShardID(1), sequence: first)]
    shard.command(.regionAdvance(RegionAdvance(table: table, region: "a", through: first, reached: reached)))
    let end = shard.machine.feedEnd(of: table)
    shard.command(.regionAdvance(RegionAdvance(table: table, region: "c", through: end, reached: [])))
    shard.command(.refillRegion(table, "a"))
    #expect(try shard.machine.records(of: table, after: 0, countMax: 99, bytesMax: 1 << 20).isEmpty)
    #expect(!shard.machine.isCopied(table, to: "a") && shard.machine.isCopied(table, to: "c"))
    #expect(shard.machine.feed(of: table)?.region("a")?.reached == reached)
    #expect(shard.machine.mark(of: table)?.settled == 0, "No trace goes while a region is filled.")
    let sent = settle(shard, "a")
    #expect(Set(sent.map(\.key)) == Set(["k", "l", "gone"].map { rowKey($0) }))
    #expect(sent.first { $0.key == rowKey("gone") }?.new == nil)
  }

  /// What a region that was given up sent to one of the others only, that one gives to the rest.
  @Test func whenARegionIsLostTheOthersAreGivenWhatItWrote() throws {
    let shard = try shard()
    shard.submit(batch(from: "c", [change(1, "k", 100, "c", valued(1))]))
    shard.apply()
    #expect(settle(shard, "a").isEmpty, "It comes from c itself.")
    func others(_ names: [String], lost: [String], version: UInt64) {
      let replication = ReplicationSettings(region: "b", others: names, table: [7], lost: lost)
      shard.command(
        .configure(TableSettings(id: table, key: TestShard.key, version: version, replication: replication)))
    }
    others(["a"], lost: ["c"], version: 8)
    #expect(settle(shard, "a").map(\.key) == [rowKey("k")])
    // Not again with every change of the table.
    others(["a"], lost: ["c"], version: 9)
    #expect(shard.machine.nextCopy(of: table, to: "a") == nil)
  }

  /// Until then what it took in is on its way.
  @Test func aTableThatGoesTakesNoMoreWritesAndIsSettledOnceAllHasArrived() throws {
    let shard = try shard()
    shard.put(rowKey("k"), valued(1))
    #expect(!shard.machine.isSettled(table, in: ["a", "c"]))
    #expect(shard.machine.mustClose(table))
    let write = ItemWrite(key: rowKey("l"), action: .put(valued(2, "l")))
    #expect(shard.submit(write).refusal == .unknownTable, "From when it is proposed.")
    shard.command(.closeTable(table))
    #expect(!shard.machine.mustClose(table))
    try shard.flush()
    try shard.reopen()
    #expect(shard.submit(write).refusal == .unknownTable && !shard.machine.mustClose(table))
    shard.submit(batch(from: "c", [change(1, "m", 100, "c", valued(3, "m"))]))
    shard.apply()
    #expect(try shard.item(rowKey("m")) != nil, "Others that go at the same time wait for theirs.")
    let end = shard.machine.feedEnd(of: table)
    shard.command(.regionAdvance(RegionAdvance(table: table, region: "a", through: end, reached: [])))
    #expect(shard.machine.isSettled(table, in: ["a"]) && !shard.machine.isSettled(table, in: ["a", "c"]))
  }

  /// TRAPS 19, and TRAPS 21: what is written after a mark is above it, whoever leads then.
  @Test func aRaisedClockIsKeptAndEveryLaterWriteIsAboveIt() throws {
    let shard = try shard()
    let time: UInt64 = 9_000 << 16
    #expect(shard.machine.mustRaiseClock(of: table, to: time))
    // Proposed before the entry is applied.
    let raise = shard.append(ShardCommand.raiseClock(table, to: time).encode())
    shard.submit(ItemWrite(key: rowKey("k"), action: .put(valued(1))))
    shard.apply()
    #expect(raise > 0 && shard.machine.mark(of: table)?.clock == time + 1)
    shard.command(.raiseClock(table, to: time + 50))
    try shard.flush()
    try shard.reopen()
    shard.put(rowKey("k"), valued(2))
    #expect(try shard.machine.version(of: rowKey("k"))?.time == time + 51)
    #expect(!shard.machine.mustRaiseClock(of: table, to: time))
  }

  @Test func aTraceGoesOnlyAsItWasSeen() throws {
    let shard = try shard()
    for name in ["k", "l"] {
      shard.put(rowKey(name), valued(1, name))
      shard.submit(ItemWrite(key: rowKey(name), action: .delete))
      shard.apply()
    }
    let traces = try shard.machine.traces(of: table, after: nil, rowsMax: 9).traces
    #expect(Set(traces.map(\.key)) == [rowKey("k"), rowKey("l")])
    shard.put(rowKey("k"), valued(2))
    shard.submit(ItemWrite(key: rowKey("k"), action: .delete))
    shard.apply()
    shard.command(.forgetTraces(ForgottenTraces(table: table, traces: traces)))
    #expect(try shard.machine.version(of: rowKey("l")) == nil)
    #expect(try shard.machine.version(of: rowKey("k")) != nil, "It was removed again since.")
  }

  /// Own changes and images for a region wait; what came from another region does not.
  @Test func whatWaitsForOtherRegionsIsKnownFromAnyPlaceOfTheFeed() throws {
    let shard = try shard()
    for value in 1...3 {
      shard.timeMs = UInt64(value)
      shard.put(rowKey("k"), valued(value))
    }
    shard.submit(batch(from: "a", [change(1, "k", 1 << 30, "a", valued(3))]))
    shard.apply()
    let records = try shard.machine.records(of: table, after: 0, countMax: 99, bytesMax: 1 << 20)
    for _ in 0..<2 {
      let all = try shard.machine.waiting(in: table, after: 0)
      #expect(all.changes == 3 && all.sinceMs == 1)
      let last = try shard.machine.waiting(in: table, after: records[1].sequence)
      #expect(last.changes == 1 && last.sinceMs == 3 && last.bytes < all.bytes)
      #expect(try shard.machine.waiting(in: table, after: records[2].sequence).changes == 0)
      #expect(try shard.machine.waiting(in: table, after: records[3].sequence) == .init())
      try shard.flush()
      try shard.reopen()
    }
  }

  @Test func theSameItemsHaveTheSameDigestWhateverTheirOrderShardsAndTable() throws {
    func digest(_ table: TableID, _ names: [String], value: Int = 1) throws -> TableDigest {
      let shard = try TestShard(isReady: false)
      shard.command(.own(0...UInt64.max))
      let replication = ReplicationSettings(region: "b", others: ["a"], table: [7])
      shard.command(.configure(TableSettings(id: table, key: TestShard.key, version: 1, replication: replication)))
      for name in names { shard.put(rowKey(name, table: table), valued(value, name)) }
      return try #require(try shard.digests().first)
    }
    let whole = try digest(TableID(7), ["x", "y", "z"])
    let other = try digest(TableID(9), ["z", "x", "y"])
    #expect(whole.sum == other.sum && whole.items == 3 && whole.uniqueID == [7])
    let parts = [try digest(TableID(7), ["y"]), try digest(TableID(7), ["z", "x"])]
    #expect(parts[0].sum &+ parts[1].sum == whole.sum)
    #expect(try digest(TableID(7), ["x", "y", "z"], value: 2).sum != whole.sum)
    #expect(try digest(TableID(7), ["x", "y"]).sum != whole.sum)
  }

  @Test func versionsGoWithTheirTableAndAreNoOrphansBefore() throws {
    let shard = try shard()
    shard.put(rowKey("k"), valued(1))
    #expect(shard.machine.rowRanges.contains(.versions(of: table)))
    #expect(try shard.machine.orphans().isEmpty)
    var sizes: [TableID: TableSize] = [:]
    #expect(try shard.machine.addRows(from: nil, rowsMax: 99, bytesMax: 1 << 20, to: &sizes) == nil)
    #expect(sizes[table]?.rows == 1 && sizes[.itemVersions] == nil)
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
