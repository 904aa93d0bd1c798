import Catalog
import Items
import Messages
import Raft
import Shards
import Testing

private let table = TestShard.table
private let marker = String(decoding: Residency.marker, as: UTF8.self)

/// Region c holds copies: what it may not see is dropped, hashed or masked.
private let residency = Residency(rules: [
  .init(
    region: "c",
    attributes: [
      .init(name: Array("secret".utf8), treatment: .drop),
      .init(name: Array("id".utf8), treatment: .hash),
      .init(name: Array("name".utf8), treatment: .mask),
    ])
])

private func shard(of region: String, _ residency: Residency? = residency) throws -> TestShard {
  let shard = try TestShard(isReady: false)
  shard.command(.own(0...UInt64.max))
  let others = ["a", "b", "c"].filter { $0 != region }
  let replication = ReplicationSettings(
    region: region, others: others, table: [7], residency: residency)
  shard.command(
    .configure(TableSettings(id: table, key: TestShard.key, version: 1, replication: replication)))
  shard.machine.residencyHash = { Array($0.reversed()) }
  return shard
}

private func batch(from region: String, _ sequence: UInt64, _ change: RegionBatch.Change)
  -> RegionBatch
{
  RegionBatch(
    source: RegionSource(table: table, region: region, shard: ShardID(1)),
    predecessor: sequence - 1,
    changes: [change])
}

/// What the newest record of a shard says to another region.
private func sent(_ shard: TestShard, to region: String) throws -> RegionBatch.Change {
  let records = try shard.machine.records(of: table, after: 0, countMax: 99, bytesMax: 1 << 20)
  let record = try #require(records.last)
  return try #require(try shard.machine.change(of: record, in: table, for: region, as: table))
}

private func number(_ value: Int) -> AttributeValue { .number(Number(value)) }

@Suite struct ResidencyTests {
  private let full = item(
    "k", 0,
    ["n": number(1), "secret": .text("CANARY"), "id": .text("CANARY"), "name": .text("CANARY")])

  @Test func protectedValuesDoNotLeaveForARegionOfCopiesAndTheCopySaysWhatItLacks() throws {
    let shard = try shard(of: "a")
    shard.put(rowKey("k"), full)
    #expect(try sent(shard, to: "b").item == full)
    let copy = try #require(try sent(shard, to: "c").item?.decode())
    #expect(copy[Array("n".utf8)] == number(1) && copy[Array("secret".utf8)] == nil)
    #expect(copy[Array("name".utf8)] == .text("***"))
    guard case .string(let hash)? = copy[Array("id".utf8)] else {
      Issue.record("A hash is a string.")
      return
    }
    #expect(!hash.isEmpty && hash.count % 2 == 0)
    let withheld = ["id", "name", "secret"].map { Array($0.utf8) }
    #expect(copy[Residency.marker] == .stringSet(withheld))
    // Searched in everything that is sent.
    var writer = ByteSearch()
    writer.add(batch(from: "a", 1, try sent(shard, to: "c")))
    #expect(!writer.contains("CANARY"))
    writer.add(batch(from: "a", 1, try sent(shard, to: "b")))
    #expect(writer.contains("CANARY"))
  }

  @Test func whatIsToBeHashedStaysWhereThereIsNoKey() throws {
    let shard = try shard(of: "a")
    shard.machine.residencyHash = nil
    shard.put(rowKey("k"), full)
    #expect(try sent(shard, to: "c").item?.value(named: Array("id".utf8)) == nil)
  }

  @Test func onlyListedAttributesLeaveByDefaultDenyAndOthersNamesNeither() throws {
    let strict = Residency(rules: [
      .init(
        region: "c", otherwise: .drop, attributes: [.init(name: Array("n".utf8), treatment: .keep)])
    ])
    let shard = try shard(of: "a", strict)
    shard.put(rowKey("k"), full)
    let copy = item("k", 0, ["n": number(1), marker: .stringSet([Array("*".utf8)])])
    #expect(try sent(shard, to: "c").item == copy)
  }

  /// TRAPS 20: a copy without the protected group writes only the rest.
  @Test func aWriteOfACopyLeavesTheProtectedAttributesOfTheOthersAlone() throws {
    let (a, c) = (try shard(of: "a"), try shard(of: "c"))
    a.timeMs = 10
    a.put(rowKey("k"), full)
    c.submit(batch(from: "a", 1, try sent(a, to: "c")))
    c.apply()
    c.timeMs = 20
    let write = try update("SET n = :n", [":n": number(2)])
    c.submit(ItemWrite(key: rowKey("k"), action: .update(write, key: item("k"))))
    c.apply()
    let back = try sent(c, to: "a")
    #expect(back.protected == .absent && back.item == item("k", 0, ["n": number(2)]))
    a.submit(batch(from: "c", 1, back))
    a.apply()
    #expect(
      try a.item(rowKey("k"))
        == item(
          "k", 0,
          [
            "n": number(2), "secret": .text("CANARY"), "id": .text("CANARY"),
            "name": .text("CANARY"),
          ]))
    #expect(try a.machine.versions(of: rowKey("k"))?.ofProtected?.region == "a")
    #expect(try a.machine.version(of: rowKey("k"))?.region == "c")
    try expectEqual(a, c)
  }

  /// As the region of copies is to hold it, and as it holds it.
  private func expectEqual(
    _ full: TestShard, _ copy: TestShard, _ place: SourceLocation = #_sourceLocation
  ) throws {
    let wanted = try #require(try full.digests().first { $0.region == "c" })
    let held = try #require(try copy.digests().first)
    #expect(wanted.sum == held.sum && wanted.items == held.items, sourceLocation: place)
    #expect(try full.digests()[0].sum != held.sum, sourceLocation: place)
  }

  /// Whichever arrives first: the rest of the newer write and the protected attributes of the newest that has them.
  @Test func theGroupsOfTwoWritesMeetInWhateverOrderTheyArrive() throws {
    let (a, c) = (try shard(of: "a"), try shard(of: "c"))
    a.timeMs = 10
    c.timeMs = 20
    a.put(rowKey("k"), full)
    c.put(rowKey("k"), item("k", 0, ["n": number(5)]))
    let (here, there) = (try sent(a, to: "b"), try sent(c, to: "b"))
    for isFirst in [true, false] {
      let b = try shard(of: "b")
      for change in isFirst ? [here, there] : [there, here] {
        b.submit(batch(from: change.version.region, 1, change))
        b.apply()
      }
      let merged = item(
        "k", 0,
        ["n": number(5), "secret": .text("CANARY"), "id": .text("CANARY"), "name": .text("CANARY")])
      #expect(try b.item(rowKey("k")) == merged)
      // A restart finds both versions.
      try b.flush()
      try b.reopen()
      #expect(try b.machine.versions(of: rowKey("k"))?.rest == there.version)
      #expect(try b.machine.versions(of: rowKey("k"))?.ofProtected == here.version)
    }
    c.submit(batch(from: "a", 1, try sent(a, to: "c")))
    a.submit(batch(from: "c", 1, there))
    for shard in [a, c] { shard.apply() }
    try expectEqual(a, c)
    // What c has merged bears its own version, and is no change of its own.
    let records = try c.machine.records(of: table, after: 0, countMax: 99, bytesMax: 1 << 20)
    let merged = try #require(records.last)
    #expect(records.count == 2 && merged.new != records[0].new)
    #expect(try c.machine.change(of: merged, in: table, for: "a", as: table) == nil)
  }

  @Test func aRemovalConcernsBothGroups() throws {
    let (a, c) = (try shard(of: "a"), try shard(of: "c"))
    a.timeMs = 10
    a.put(rowKey("k"), full)
    c.submit(batch(from: "a", 1, try sent(a, to: "c")))
    c.apply()
    c.timeMs = 20
    c.submit(ItemWrite(key: rowKey("k"), action: .delete))
    c.apply()
    a.submit(batch(from: "c", 1, try sent(c, to: "a")))
    a.apply()
    #expect(try a.item(rowKey("k")) == nil)
    #expect(try a.machine.versions(of: rowKey("k"))?.protected == .same)
  }

  @Test func aRegionOfCopiesRefusesToWriteWhatItDoesNotHold() throws {
    let (a, c) = (try shard(of: "a"), try shard(of: "c"))
    a.put(rowKey("k"), full)
    c.submit(batch(from: "a", 1, try sent(a, to: "c")))
    c.apply()
    let copy = try #require(try c.item(rowKey("k")))
    func answer(_ action: ItemWrite.Action, _ key: RowKey = rowKey("k")) -> Answer? {
      let verdict = c.submit(ItemWrite(key: key, action: action))
      c.apply()
      return verdict.answered?.answer
    }
    for write in [
      ItemWrite.Action.update(try update("SET secret = :s", [":s": .text("x")]), key: item("k")),
      .update(try update("REMOVE id"), key: item("k")), .put(item("k", 0, ["name": .text("x")])),
      .put(item("k", 0, [marker: .text("x")])),
    ] {
      guard case .refused(.invalid(let text))? = answer(write) else {
        Issue.record("A protected attribute was written: \(write).")
        continue
      }
      #expect(text.contains("residency rule") && text.contains(marker))
    }
    #expect(try c.item(rowKey("k")) == copy)
    // One who writes back what was read changes nothing that is protected; nor does one who leaves it out.
    #expect(answer(.put(copy)) == nil)
    #expect(answer(.put(item("k", 0, ["n": number(9)]))) == nil)
    let after = try #require(try c.item(rowKey("k")))
    #expect(try after.value(named: Array("name".utf8)) == .text("***"))
    #expect(try after.value(named: Array("n".utf8)) == number(9))
  }

  /// A region of copies that was told otherwise, by an older build or by mistake, is not believed.
  @Test func protectedAttributesFromARegionOfCopiesAreNotTakenIn() throws {
    let a = try shard(of: "a")
    a.put(rowKey("k"), full)
    let time = try #require(try a.machine.version(of: rowKey("k"))).time
    let lie = RegionBatch.Change(
      sequence: 1, key: rowKey("k"), version: ItemVersion(time: time + 9, region: "c"),
      item: item("k", 0, ["n": number(3), "secret": .text("***")]))
    a.submit(batch(from: "c", 1, lie))
    a.apply()
    #expect(try a.item(rowKey("k"))?.value(named: Array("secret".utf8)) == .text("CANARY"))
    #expect(try a.item(rowKey("k"))?.value(named: Array("n".utf8)) == number(3))
  }

  /// What waited for a region went with the removal in it; the image of the item that came after must tell of it.
  @Test func aRemovalThatWasGivenUpStillConcernsBothGroups() throws {
    let (a, c) = (try shard(of: "a"), try shard(of: "c"))
    a.timeMs = 10
    a.put(rowKey("k"), full)
    let written = try sent(a, to: "c")
    c.timeMs = 20
    c.put(rowKey("k"), item("k", 0, ["n": number(4)]))
    c.submit(ItemWrite(key: rowKey("k"), action: .delete))
    c.put(rowKey("k"), item("k", 0, ["n": number(5)]))
    c.command(.refillRegion(table, "a"))
    while let slice = c.machine.nextCopy(of: table, to: "a") { c.command(.regionCopy(slice)) }
    a.submit(batch(from: "c", 1, try sent(c, to: "a")))
    c.submit(batch(from: "a", 1, written))
    for shard in [a, c] { shard.apply() }
    for shard in [a, c] { #expect(try shard.item(rowKey("k")) == item("k", 0, ["n": number(5)])) }
    #expect(try a.machine.versions(of: rowKey("k")) == c.machine.versions(of: rowKey("k")))
    // A protected attribute that is written later stays, whatever was removed before.
    a.timeMs = 30
    a.put(rowKey("k"), full)
    c.submit(batch(from: "a", 2, try sent(a, to: "c")))
    c.apply()
    try expectEqual(a, c)
  }

  /// A new region gets the protected attributes from whoever holds them, although another one wrote the rest last.
  @Test func aCopyForANewRegionCarriesBothVersions() throws {
    let (a, c) = (try shard(of: "a"), try shard(of: "c"))
    a.put(rowKey("k"), full)
    c.timeMs = 20
    c.put(rowKey("k"), item("k", 0, ["n": number(5)]))
    a.submit(batch(from: "c", 1, try sent(c, to: "a")))
    a.apply()
    let replication = ReplicationSettings(
      region: "a", others: ["b", "c", "d"], residency: residency)
    a.command(
      .configure(TableSettings(id: table, key: TestShard.key, version: 2, replication: replication))
    )
    while let slice = a.machine.nextCopy(of: table, to: "d") { a.command(.regionCopy(slice)) }
    let change = try sent(a, to: "d")
    let own = try a.item(rowKey("k"))
    #expect(change.version.region == "c" && change.item == own)
    guard case .other(let protected) = change.protected else {
      Issue.record("The image does not tell whose its protected attributes are.")
      return
    }
    #expect(protected.region == "a")
  }

  @Test func whatIsStoredWithoutRulesIsAsBefore() throws {
    let plain = ReplicationSettings(region: "a", others: ["b"], table: [7])
    var ruled = plain
    ruled.residency = residency
    let settings = [plain, ruled].map {
      TableSettings(id: table, key: TestShard.key, version: 1, replication: $0)
    }
    #expect(Array(settings[1].encode().prefix(settings[0].encode().count)) == settings[0].encode())
    for one in settings { #expect(try TableSettings(one.encode()) == one) }
  }
}

/// Everything that would be sent.
private struct ByteSearch {
  private var bytes: [UInt8] = []

  mutating func add(_ batch: RegionBatch) {
    bytes += OperationFrame.encode([Request(id: 1, shard: ShardID(1), operation: .region(batch))])
      .flatMap { $0 }
  }

  func contains(_ text: String) -> Bool {
    let text = Array(text.utf8)
    return (0..<max(0, bytes.count - text.count)).contains {
      Array(bytes[$0..<$0 + text.count]) == text
    }
  }
}
