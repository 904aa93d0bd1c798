import Catalog
import Items
import Messages
import Raft
import Shards
import Testing

/// A shard with a table that has a stream, and reads of it.
extension TestShard {
  static func streamed(
    _ view: StreamViewType? = .newAndOldImages, version: UInt64 = 1, startedAtMs: UInt64 = 100, isIndexed: Bool = false
  ) -> TableSettings {
    var settings = isIndexed ? settings(version: version, local: nil) : TableSettings(id: table, key: key)
    settings.version = version
    settings.stream = view.map { StreamSettings(view: $0, startedAtMs: startedAtMs) }
    return settings
  }

  func page(
    _ start: StreamRead.Start = .horizon, startedAtMs: UInt64 = 100, recordsMax: UInt32 = 1_000,
    bytesMax: UInt32 = StreamRead.pageBytesMax
  ) throws -> StreamPage {
    let read = StreamRead(
      table: Self.table, startedAtMs: startedAtMs, start: start, recordsMax: recordsMax, bytesMax: bytesMax)
    guard case .stream(let page) = machine.read(read) else { throw NoPage() }
    return page
  }

  struct NoPage: Error {}

  /// Trims all that is due, a slice at a time; returns how many slices that took.
  @discardableResult func trim(beforeMs: UInt64? = nil, excessBytes: UInt64 = 0) throws -> Int {
    var slices = 0
    while let trim = try machine.nextTrim(
      of: Self.table, beforeMs: beforeMs, excessBytes: slices == 0 ? excessBytes : 0)
    {
      command(.trim(trim))
      slices += 1
    }
    return slices
  }
}

@Suite struct StreamTests {
  private func put(_ shard: TestShard, _ sort: Int, _ value: String, atMs timeMs: UInt64 = 0) {
    shard.timeMs = max(shard.timeMs, timeMs)
    shard.put(rowKey("p", sort), item("p", sort, ["v": .text(value)]))
  }

  @Test func insertModifyAndRemoveAreToldApartAndWhatChangesNothingIsHidden() throws {
    let shard = try TestShard.indexed(TestShard.streamed())
    put(shard, 1, "a")
    put(shard, 1, "a")
    put(shard, 1, "b")
    shard.remove(rowKey("p", 1))
    shard.remove(rowKey("p", 1))
    let page = try shard.page()
    #expect(page.records.map(\.change) == [.insert, .modify, .remove])
    let values = [nil, item("p", 1, ["v": .text("a")]), item("p", 1, ["v": .text("b")])]
    #expect(page.records.map(\.old) == values)
    #expect(page.records.map(\.new) == [values[1], values[2], nil])
    #expect(page.records.allSatisfy { $0.key == rowKey("p", 1) })
    #expect(try shard.records().count == 5, "Other readers want every accepted write.")
  }

  @Test(arguments: [StreamViewType.keysOnly, .oldImage, .newImage], [false, true])
  func aRecordHasTheImagesOfItsView(view: StreamViewType, isIndexed: Bool) throws {
    let shard = try TestShard.indexed(TestShard.streamed(view, isIndexed: isIndexed))
    put(shard, 1, "a")
    put(shard, 1, "b")
    shard.remove(rowKey("p", 1))
    let records = try shard.page().records
    #expect(records.map(\.change) == [.insert, .modify, .remove])
    let (a, b) = (item("p", 1, ["v": .text("a")]), item("p", 1, ["v": .text("b")]))
    #expect(records.map(\.old) == (view == .oldImage ? [nil, a, b] : [nil, nil, nil]))
    #expect(records.map(\.new) == (view == .newImage ? [a, b, nil] : [nil, nil, nil]))
    let kept = try shard.records().flatMap { [$0.old, $0.new] }.compactMap { $0?.isEmpty }
    #expect(kept.contains(true) != isIndexed, "What no reader shows is not kept; an index needs all.")
  }

  @Test func aPageEndsAtItsCountOrBytesAndTheNextOneGoesOnThere() throws {
    let shard = try TestShard.indexed(TestShard.streamed())
    for sort in 1...7 { put(shard, sort, String(repeating: "x", count: 100)) }
    var seen: [RowKey] = []
    var start = StreamRead.Start.horizon
    for _ in 0..<3 {
      let page = try shard.page(start, recordsMax: 3)
      seen += page.records.map(\.key)
      start = .after(page.through)
    }
    #expect(seen == (1...7).map { rowKey("p", $0) })
    #expect(try shard.page(start).records.isEmpty)
    #expect(try shard.page(bytesMax: 200).records.count == 2)
    put(shard, 8, "late")
    #expect(try shard.page(start).records.map(\.key) == [rowKey("p", 8)])
  }

  @Test func aReaderPassesWhatStreamsDoNotShow() throws {
    let shard = try TestShard.indexed(TestShard.streamed())
    put(shard, 1, "a")
    let first = try shard.page()
    put(shard, 1, "a")
    let second = try shard.page(.after(first.through))
    #expect(second.records.isEmpty)
    #expect(second.through > first.through, "Where hidden records go, the reader has missed nothing.")
  }

  @Test func aStreamThatIsSwitchedOffIsReadToItsEndAndTheNextOneBeginsBehindIt() throws {
    let shard = try TestShard.indexed(TestShard.streamed())
    put(shard, 1, "a")
    shard.command(.configure(TestShard.streamed(nil, version: 2)))
    put(shard, 2, "unseen")
    let closed = try shard.page()
    #expect(closed.records.map(\.key) == [rowKey("p", 1)])
    #expect(closed.span?.until == closed.through)
    shard.command(.configure(TestShard.streamed(.keysOnly, version: 3, startedAtMs: 200)))
    put(shard, 3, "c")
    #expect(try shard.page() == closed, "A stream that is off does not change.")
    let second = try shard.page(startedAtMs: 200)
    #expect(second.records.map(\.key) == [rowKey("p", 3)])
    #expect(second.records.allSatisfy { $0.new == nil && $0.sequence > closed.through })
    #expect(second.span?.until == nil)
    let sum = try shard.checksum()
    try shard.flush()
    try shard.reopen()
    #expect(try shard.page() == closed)
    #expect(try shard.page(startedAtMs: 200) == second)
    #expect(try shard.checksum() == sum)
    #expect(try shard.page(startedAtMs: 300).span == nil)
  }

  @Test func whatIsTooOldGoesAndItsReadersAreTold() throws {
    let shard = try TestShard.indexed(TestShard.streamed())
    for sort in 1...6 { put(shard, sort, "v", atMs: UInt64(sort) * 1_000) }
    let all = try shard.page().records
    try shard.trim(beforeMs: 3_000)
    #expect(try shard.page().records == Array(all[3...]))
    #expect(try shard.page(.after(all[2].sequence)).records == Array(all[3...]))
    #expect(try shard.page(.after(all[1].sequence)).isTrimmed)
    #expect(try shard.page(.after(all[1].sequence)).records.isEmpty)
    #expect(try shard.records().count == 3)
    let span = try shard.page().span
    #expect(span?.horizon == all[2].sequence)
    // A slice that comes late takes nothing back.
    let late = StreamTrim(table: TestShard.table, through: all[0].sequence, lost: all[0].sequence, bytes: 1)
    shard.command(.trim(late))
    #expect(try shard.page().span == span)
    try shard.flush()
    try shard.reopen()
    #expect(try shard.page().span == span)
    #expect(try shard.trim(beforeMs: 3_000) == 0)
  }

  @Test func whatNobodyWasShownIsNotMissed() throws {
    let shard = try TestShard.indexed(TestShard.streamed())
    put(shard, 1, "a", atMs: 1_000)
    let first = try shard.page().through
    for _ in 0..<3 { put(shard, 1, "a", atMs: 2_000) }
    put(shard, 1, "b", atMs: 5_000)
    try shard.trim(beforeMs: 3_000)
    let page = try shard.page(.after(first))
    #expect(!page.isTrimmed)
    #expect(page.records.map(\.change) == [.modify])
  }

  @Test func beyondTheBoundTheOldestGoEarly() throws {
    let shard = try TestShard.indexed(TestShard.streamed())
    for sort in 1...10 { put(shard, sort, String(repeating: "x", count: 1_000), atMs: 1_000) }
    let before = shard.machine.streamBytes(of: TestShard.table)
    try shard.trim(excessBytes: 2_500)
    #expect(try shard.page().records.map(\.key) == (4...10).map { rowKey("p", $0) })
    let after = shard.machine.streamBytes(of: TestShard.table)
    #expect(before - after >= 2_500 && before - after < 4_500)
    try shard.flush()
    try shard.reopen()
    #expect(shard.machine.streamBytes(of: TestShard.table) == after, "The count survives a restart.")
  }

  @Test func whatAnIndexHadBeforeIsNotTheStreams() throws {
    let shard = try TestShard.indexed(TestShard.streamed(nil, isIndexed: true))
    for sort in 1...10 { put(shard, sort, String(repeating: "x", count: 1_000)) }
    shard.command(.configure(TestShard.streamed(version: 2, isIndexed: true)))
    #expect(shard.machine.streamBytes(of: TestShard.table) == 0)
    put(shard, 11, "v")
    #expect(shard.machine.streamBytes(of: TestShard.table) < 1_000)
    #expect(try shard.page().records.map(\.key) == [rowKey("p", 11)])
    #expect(try shard.records().count == 11)
  }

  @Test func aTrimIsASlice() throws {
    let shard = try TestShard.indexed(TestShard.streamed(.keysOnly))
    for sort in 1...1_200 { put(shard, sort, "v", atMs: 1_000) }
    #expect(try shard.trim(beforeMs: 1_000) == 3)
    #expect(try shard.records().isEmpty)
  }

  @Test func recordsStayUntilTheSlowestReaderHasThem() throws {
    let shard = try TestShard.indexed(TestShard.streamed(isIndexed: true))
    for sort in 1...4 { put(shard, sort, "v", atMs: UInt64(sort) * 1_000) }
    let all = try shard.page().records
    shard.command(.advance(FeedAdvance(table: TestShard.table, through: all[3].sequence, reached: [])))
    #expect(try shard.records().count == 4, "The stream keeps what the index has.")
    try shard.trim(beforeMs: 2_000)
    #expect(try shard.records().map(\.sequence) == all[2...].map(\.sequence))
    put(shard, 5, "v", atMs: 9_000)
    try shard.trim(beforeMs: 9_000)
    #expect(try shard.records().count == 1, "The index keeps what streams gave up.")
    #expect(try shard.page().records.isEmpty)
    let end = shard.machine.feedEnd(of: TestShard.table)
    shard.command(.advance(FeedAdvance(table: TestShard.table, through: end, reached: [])))
    #expect(try shard.records().isEmpty)
    try shard.flush()
    try shard.reopen()
    #expect(shard.machine.feedEnd(of: TestShard.table) == end)
  }

  @Test func aStreamThatIsOffIsForgottenWithItsLastRecords() throws {
    let shard = try TestShard.indexed(TestShard.streamed())
    put(shard, 1, "a", atMs: 1_000)
    put(shard, 2, "b", atMs: 2_000)
    shard.command(.configure(TestShard.streamed(nil, version: 2)))
    #expect(shard.machine.feedTables == [TestShard.table], "Its records are part of the state.")
    try shard.trim(beforeMs: 1_999)
    #expect(try shard.page().records.map(\.key) == [rowKey("p", 2)])
    try shard.trim(beforeMs: 2_000)
    #expect(try shard.page().span == nil)
    #expect(try shard.records().isEmpty)
    #expect(shard.machine.feedTables.isEmpty && shard.machine.streamTables.isEmpty)
    put(shard, 3, "plain")
    #expect(try shard.records().isEmpty)
  }

  @Test func anIndexThatIsAddedReadsOnBehindTheStream() throws {
    let shard = try TestShard.indexed(TestShard.streamed())
    for sort in 1...3 { put(shard, sort, "v") }
    let end = shard.machine.feedEnd(of: TestShard.table)
    shard.command(.configure(TestShard.streamed(version: 2, isIndexed: true)))
    #expect(shard.machine.feed(of: TestShard.table)?.cursor == end)
    #expect(shard.machine.carriedTables == [TestShard.table])
    shard.command(.configure(TestShard.streamed(version: 3)))
    #expect(shard.machine.carriedTables.isEmpty)
    #expect(try shard.page().records.count == 3, "The last index does not take the stream's records with it.")
  }

  @Test func aTableTakesItsStreamWithIt() throws {
    let shard = try TestShard.indexed(TestShard.streamed())
    put(shard, 1, "a")
    shard.command(.configure(TestShard.streamed(nil, version: 2)))
    guard case .removeRows(let rows)? = shard.command(.drop(TestShard.table)).first else {
      Issue.record("No rows were given up.")
      return
    }
    #expect(rows.contains(.feed(of: TestShard.table)))
    #expect(shard.machine.feedTables.isEmpty && shard.machine.streamTables.isEmpty)
  }
}
