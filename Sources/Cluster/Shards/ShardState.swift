import Bytes
import Catalog
import Messages
import Raft
import Store

/// Rows of the machine's own state, all of table 0; the first byte of the hash tells them apart.
///
/// ```
/// 0x00 | table id (hash)                        settings of a table
/// 0x01 | table id (hash)                        where the readers of its feed stand
/// 0x02 | index id (hash) | source shard (u32)   the newest change of an index that came from a shard
/// 0x03 | table id (hash)                        a table that was dropped; its id is never used again
/// 0x04 | table id (hash) | shard (u32), region  the newest change of a table that came from a shard of another region
/// 0xFF                                          the hashes that the shard owns
/// ```
enum StateRow {
  static let range = RowKey(table: .shardState, hash: .max)

  enum Kind: UInt64 {
    case settings = 0
    case feed = 1
    case arrived = 2
    case dropped = 3
    case regionArrived = 4
  }

  private static let kindShift: UInt64 = 56

  static func settings(_ table: TableID) -> RowKey { row(.settings, table) }

  static func feed(_ table: TableID) -> RowKey { row(.feed, table) }

  static func dropped(_ table: TableID) -> RowKey { row(.dropped, table) }

  static func arrived(_ source: IndexSource) -> RowKey {
    var writer = ByteWriter()
    writer.raw(row(.arrived, source.index).bytes)
    writer.shard(source.shard)
    return RowKey(bytes: writer.bytes)
  }

  static func regionArrived(_ source: RegionSource) -> RowKey {
    var writer = ByteWriter()
    writer.raw(row(.regionArrived, source.table).bytes)
    writer.shard(source.shard)
    writer.raw(Array(source.region.utf8))
    return RowKey(bytes: writer.bytes)
  }

  private static func row(_ kind: Kind, _ table: TableID) -> RowKey {
    RowKey(table: .shardState, hash: kind.rawValue << kindShift | UInt64(table.rawValue))
  }

  /// Nil for the row of the range.
  static func parts(of key: RowKey) -> (kind: Kind, table: TableID)? {
    guard let kind = Kind(rawValue: key.hash >> kindShift) else { return nil }
    return (kind, TableID(UInt32(truncatingIfNeeded: key.hash)))
  }
}

/// Where changes of an index come from.
struct IndexSource: Hashable {
  var index: TableID
  var shard: ShardID
}

extension ShardMachine {
  func restore() throws {
    var rows: [(key: [UInt8], value: [UInt8])] = []
    let own = RowRange.table(.shardState)
    try store.scan(from: own.lower, to: own.upper, reverse: false) { key, value in
      rows.append((key, value))
      return .proceed
    }
    // In key order: settings come before the states of their feeds.
    for row in rows { try restore(RowKey(bytes: row.key), row.value) }
    for table in feedTables { try findFeedEnd(table) }
    noteFilling()
  }

  private func restore(_ key: RowKey, _ value: [UInt8]) throws(MalformedBytes) {
    switch StateRow.parts(of: key) {
    case nil:
      var reader = ByteReader(value)
      let lower = try reader.u64()
      range = lower...(try reader.u64())
    case (.settings, _)?:
      let settings = try TableSettings(value)
      var feed = FeedState()
      // An earlier build knew of streams and kept no feed.
      feed.follow(settings.stream, at: 0, timeMs: 0)
      serve(ServedTable(settings, feed: feed))
    case (.feed, let id)?:
      guard let table = tables[id] else { return }
      table.feed = try FeedState(value)
      list(table)
    case (.arrived, let index)?:
      var reader = ByteReader(key.bytes, in: RowKey.headerBytes..<key.bytes.count)
      let source = IndexSource(index: index, shard: try reader.shard())
      var number = ByteReader(value)
      arrived[source] = try number.varint()
    case (.dropped, let id)?: dropped.insert(id)
    case (.regionArrived, let table)?:
      var reader = ByteReader(key.bytes, in: RowKey.headerBytes..<key.bytes.count)
      let shard = try reader.shard()
      let region = String(decoding: key.bytes[reader.position...], as: UTF8.self)
      var number = ByteReader(value)
      regionArrivals[RegionSource(table: table, region: region, shard: shard)] = try number.varint()
    }
  }

  /// The newest record, where there is one: its row is not written anew for each.
  private func findFeedEnd(_ id: TableID) throws {
    guard let table = tables[id] else { return }
    let feed = RowRange.feed(of: id)
    try store.scan(from: feed.lower, to: feed.upper, reverse: true) { key, value in
      let newest = try ChangeRecord(sequence: try FeedRow.sequence(of: key), value)
      table.feed.end = newest.sequence
      table.feed.endBytes = newest.feedBytes
      table.feed.endCount = newest.regionCount
      table.feed.clock = max(table.feed.clock, newest.clock)
      return .stop
    }
  }

  // MARK: Settings

  func own(_ hashes: ClosedRange<UInt64>) {
    guard range == nil else { return }
    range = hashes
    var writer = ByteWriter()
    writer.u64(hashes.lowerBound)
    writer.u64(hashes.upperBound)
    store.put(StateRow.range.bytes, writer.bytes)
  }

  /// A table that is new here: it has no rows, so that its indexes are whole.
  private func install(_ settings: TableSettings, at position: LogPosition, timeMs: UInt64) {
    var feed = FeedState()
    for index in settings.indexes { feed.add(index.id, since: 0, .walked(through: 0)) }
    feed.follow(settings.stream, at: ChangeRecord.sequence(at: position.index), timeMs: timeMs)
    feed.follow(regions: settings.replication?.others ?? [], at: 0, isNew: true)
    let table = ServedTable(settings, feed: feed)
    serve(table)
    store.put(StateRow.settings(settings.id).bytes, settings.encode())
    if !table.isPlain { keep(table) }
  }

  /// The newer settings of a table: of two versions the log may have in either order, the higher one stays.
  /// What comes late for a table that was dropped since is nothing.
  func configure(_ settings: TableSettings, at position: LogPosition, timeMs: UInt64) -> Effect? {
    if dropped.contains(settings.id) { return nil }
    guard let old = tables[settings.id] else {
      install(settings, at: position, timeMs: timeMs)
      return nil
    }
    guard settings.version > old.settings.version else { return nil }
    var feed = old.feed
    let gone = old.settings.indexes.map(\.id).filter { id in !settings.indexes.contains { $0.id == id } }
    for index in gone { feed.remove(index) }
    for index in settings.indexes {
      let filling: FeedState.Filling = index.status == .creating ? .walking(after: nil) : .walked(through: 0)
      feed.add(index.id, since: ChangeRecord.sequence(at: position.index), filling)
    }
    feed.follow(
      settings.stream, at: ChangeRecord.sequence(at: position.index), timeMs: max(timeMs, feed.timeMs))
    feed.follow(
      regions: settings.replication?.others ?? [], at: ChangeRecord.sequence(at: position.index), isNew: false)
    if let lost = settings.replication?.lost, old.settings.replication?.others.contains(where: lost.contains) == true {
      // What a lost region sent to some of the others only, they get from each other.
      for region in feed.regions { feed.set(.walking(after: nil), ofRegion: region.name) }
    }
    let table = ServedTable(settings, feed: feed)
    // The first global index reads on behind what is there; after the last nothing waits for any.
    if old.globals.isEmpty || table.globals.isEmpty { table.feed.cursor = max(feed.cursor, feed.end) }
    forget(gone)
    forgetRegions(of: settings.id, but: settings.replication?.others ?? [])
    serve(table)
    store.put(StateRow.settings(settings.id).bytes, settings.encode())
    keep(table)
    remove(table, after: old.spare, through: table.spare)
    noteFilling()
    return gone.isEmpty ? nil : .removeRows(gone.map { .table($0) })
  }

  /// The table takes no more writes of clients; what other regions send still comes in.
  func close(_ id: TableID) {
    guard let old = tables[id], var replication = old.settings.replication, !replication.isClosed else { return }
    replication.isClosed = true
    var settings = old.settings
    settings.replication = replication
    let table = ServedTable(settings, feed: old.feed)
    table.removals = old.removals
    serve(table)
    store.put(StateRow.settings(id).bytes, settings.encode())
  }

  func drop(_ id: TableID) -> Effect? {
    if dropped.insert(id).inserted { store.put(StateRow.dropped(id).bytes, [1]) }
    guard let table = tables.removeValue(forKey: id) else { return nil }
    let gone = table.settings.indexes.map(\.id)
    forget(gone)
    forgetRegions(of: id, but: [])
    unlist(id)
    tablesToFill.removeAll { $0 == id }
    store.delete(StateRow.settings(id).bytes)
    guard !table.isPlain || table.keepsFeed || table.hasVersions else { return .removeRows([.table(id)]) }
    store.delete(StateRow.feed(id).bytes)
    let versions: [RowRange] = table.hasVersions ? [.versions(of: id)] : []
    return .removeRows(([id] + gone).map { .table($0) } + versions + [.feed(of: id)])
  }

  private func serve(_ table: ServedTable) {
    let id = table.settings.id
    tables[id] = table
    for index in table.settings.indexes { indexes[index.id] = table }
    list(table)
  }

  /// Says by which readers the table's feed is to be looked after.
  func list(_ table: ServedTable) {
    let id = table.settings.id
    unlist(id)
    if table.keepsFeed { feedTables.insert(id, at: feedTables.firstIndex { $0 > id } ?? feedTables.count) }
    if !table.globals.isEmpty {
      carriedTables.insert(id, at: carriedTables.firstIndex { $0 > id } ?? carriedTables.count)
    }
    if !table.feed.regions.isEmpty {
      replicatedTables.insert(id, at: replicatedTables.firstIndex { $0 > id } ?? replicatedTables.count)
    }
    if !table.feed.streams.isEmpty {
      streamTables.insert(id, at: streamTables.firstIndex { $0 > id } ?? streamTables.count)
    }
  }

  private func unlist(_ id: TableID) {
    feedTables.removeAll { $0 == id }
    carriedTables.removeAll { $0 == id }
    streamTables.removeAll { $0 == id }
    replicatedTables.removeAll { $0 == id }
  }

  func noteFilling() {
    tablesToFill = tables.keys.filter { nextBackfill(of: $0) != nil }.sorted()
  }

  private func forget(_ gone: [TableID]) {
    guard !gone.isEmpty else { return }
    for index in gone { indexes[index] = nil }
    for source in arrived.keys.filter({ gone.contains($0.index) }).sorted(by: { $0.shard < $1.shard }) {
      arrived[source] = nil
      store.delete(StateRow.arrived(source).bytes)
    }
  }

  /// What came from a region that no longer has a replica will not be asked about again.
  private func forgetRegions(of table: TableID, but kept: [String]) {
    guard !regionArrivals.isEmpty else { return }
    for source in regionArrivals.keys where source.table == table && !kept.contains(source.region) {
      regionArrivals[source] = nil
      store.delete(StateRow.regionArrived(source).bytes)
    }
  }

  /// Writes down where the readers of a table's feed stand.
  func keep(_ table: ServedTable) { store.put(StateRow.feed(table.settings.id).bytes, table.feed.encode()) }
}
