internal import Bytes
internal import CSQLite
internal import Environment
internal import Raft

/// What a database says of itself, committed together with the rows that it belongs to.
struct StoredPosition {
  var applied = LogPosition.zero
  /// Commits that the store has made; pages carry it as their stamp.
  var commits: UInt32 = 0

  func encode() -> [UInt8] {
    var writer = ByteWriter(capacity: 20)
    writer.u64(applied.index)
    writer.u64(applied.term)
    writer.u32(commits)
    return writer.bytes
  }

  init() {}

  init(decoding bytes: [UInt8]) throws(MalformedBytes) {
    var reader = ByteReader(bytes)
    applied = LogPosition(index: try reader.u64(), term: try reader.u64())
    commits = try reader.u32()
    try reader.finish()
  }
}

/// The one connection that commits and checkpoints. Used by the storage thread, and by the loop only while opening.
final class StoreWriter {
  private(set) var position = StoredPosition()
  private(set) var metadata: [UInt8] = []
  /// As it was committed last.
  private var manifest = AppendedManifest()

  private let vfs: StoreVFS
  private let connection: Connection
  private let putStatement: Statement
  private let deleteStatement: Statement
  private let deleteRangeStatement: Statement
  private let metaStatement: Statement
  private var appended: AppendedWriter?

  init(_ vfs: StoreVFS, path: String, _ configuration: StoreConfiguration, create: Bool) throws(StoreError) {
    self.vfs = vfs
    connection = try Connection(
      vfs, path: path, role: .writer, cacheBytes: configuration.writerCacheBytes,
      logBytesKept: configuration.logBytesKept)
    if create { try Self.makeTables(connection) }
    putStatement = try Statement(connection, "REPLACE INTO rows(key,value) VALUES(?1,?2)")
    deleteStatement = try Statement(connection, "DELETE FROM rows WHERE key=?1")
    deleteRangeStatement = try Statement(
      connection, "DELETE FROM rows WHERE key IN (SELECT key FROM rows WHERE key>=?1 AND key<?2 LIMIT ?3)")
    metaStatement = try Statement(connection, "REPLACE INTO meta(name,value) VALUES(CAST(?1 AS TEXT),?2)")
    try load()
    guard let keys = configuration.appended else {
      guard manifest.files.isEmpty else {
        throw StoreError(.format, "rows lie beside the database, of which the configuration knows nothing")
      }
      return
    }
    let place = AppendedPlace(disk: vfs.disk, directory: vfs.directory, path: path, identity: vfs.seal.identity)
    appended = AppendedWriter(place, keys, manifest)
  }

  /// Where appended rows lie; nil where none do. Once, when the store opens.
  func openAppended() throws(StoreError) -> (AppendedPlace, AppendedIndex)? {
    guard let appended else { return nil }
    return (appended.place, try appended.recover())
  }

  /// One table of rows, clustered by key; blobs compare bytewise. Rows of any table of the shard lie in it.
  private static func makeTables(_ connection: Connection) throws(StoreError) {
    try connection.execute(
      """
      BEGIN IMMEDIATE;
      CREATE TABLE rows(key BLOB NOT NULL PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE meta(name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
      INSERT INTO meta VALUES('format', x'0001'), ('metadata', x''),
        ('applied', x'\(String(repeating: "00", count: 20))');
      COMMIT
      """)
  }

  private func load() throws(StoreError) {
    guard [Self.format, Self.formatWithAppended].contains(try needed("format")) else {
      throw StoreError(.format, "the database has an unknown format: use the release that wrote it")
    }
    metadata = try needed("metadata")
    let stored = try needed("applied")
    let files = try meta("appended")
    do throws(MalformedBytes) {
      position = try StoredPosition(decoding: stored)
      if let files { manifest = try AppendedManifest(files) }
    } catch {
      throw StoreError(.damaged(page: nil), "the applied position is damaged")
    }
    guard vfs.opened(stamp: position.commits) else {
      throw StoreError(.damaged(page: nil), "pages are newer than the log that should complete them")
    }
  }

  private static let format: [UInt8] = [0, 1]
  /// Rows lie beside the database too: who knows only the first would miss them.
  private static let formatWithAppended: [UInt8] = [0, 2]

  private func needed(_ name: String) throws(StoreError) -> [UInt8] {
    guard let value = try meta(name) else {
      throw StoreError(.damaged(page: nil), "the database lacks its \(name)")
    }
    return value
  }

  private func meta(_ name: String) throws(StoreError) -> [UInt8]? {
    let statement = try Statement(connection, "SELECT value FROM meta WHERE name='\(name)'")
    let code = statement.step()
    guard code == SQLITE_ROW else {
      if code == SQLITE_DONE { return nil }
      throw connection.error(code, "read the \(name)")
    }
    return [UInt8](copying: statement.column(0))
  }

  // MARK: Steps of the storage thread

  /// Commits the rows of one generation and what it stands for: everything or nothing. Returns where the appended rows lie
  /// that were in no file before.
  func flush(_ generation: FrozenGeneration) throws(StoreError) -> [AppendedRun] {
    let mark = appended?.mark
    do throws(StoreError) {
      let runs = try spill(generation.appended)
      appended?.end(generation.appendedEnd)
      // What the commit names has to be there before it.
      try appended?.sync()
      try commit(applied: generation.applied) { () throws(StoreError) in
        var cursor = OverlayCursor(generation.tree, from: [], to: nil, reverse: false)
        while !cursor.isAtEnd {
          try write(cursor.key, cursor.value)
          cursor.advance()
        }
        try writeMeta(generation.metadata)
      }
      metadata = generation.metadata
      manifest = appended?.manifest ?? manifest
      Probes.hit(.overlayIsFlushed)
      return runs
    } catch {
      if let mark { appended?.takeBack(to: mark) }
      throw error
    }
  }

  private func writeMeta(_ metadata: [UInt8]) throws(StoreError) {
    if metadata != self.metadata { try metaStatement.run(Array("metadata".utf8), metadata, action: "flush") }
    guard let next = appended?.manifest, next != manifest else { return }
    try metaStatement.run(Array("appended".utf8), next.encode(), action: "flush")
    if manifest == AppendedManifest() {
      try metaStatement.run(Array("format".utf8), Self.formatWithAppended, action: "flush")
    }
  }

  /// Writes appended rows to their file. They count once a flush has said so.
  func spill(_ rows: [OverlayTree]) throws(StoreError) -> [AppendedRun] { try appended?.append(rows) ?? [] }

  /// Removes files that no commit of the database names any more.
  func remove(_ files: [AppendedFile]) throws(StoreError) { try appended?.remove(files) }

  /// Commits rows of a snapshot: everything or nothing. The position stays where it is until all are in.
  func insert(_ chunk: SnapshotChunk) throws(StoreError) {
    var appendedRows = OverlayTree()
    try commit(applied: position.applied) { () throws(StoreError) in
      var rows = SnapshotRows(chunk.rows)
      while let row = Self.next(&rows) {
        if let appended, appended.keys.hold(Array(chunk.rows[row.key])) {
          appendedRows.set(Array(chunk.rows[row.key]), Array(chunk.rows[row.value]))
          continue
        }
        try end(
          chunk.rows.withUnsafeBytes { raw in
            put(UnsafeRawBufferPointer(rebasing: raw[row.key]), UnsafeRawBufferPointer(rebasing: raw[row.value]))
          })
      }
    }
    _ = try spill([appendedRows])
  }

  /// A chunk was checked when it was made.
  private static func next(_ rows: inout SnapshotRows) -> (key: Range<Int>, value: Range<Int>)? {
    do throws(MalformedBytes) { return try rows.next() } catch {
      fatalError("A checked chunk cannot be read: \(error.what).")
    }
  }

  /// Syncs what was committed and moves it from the log into the database. Returns the position that is safe then.
  ///
  /// Readers may keep pages or the whole log where they are; the synced log holds those, so that the position is safe
  /// nonetheless, and the next checkpoint moves them. `restart`: leave a log that starts over; else an empty file.
  func checkpoint(restart: Bool = true) throws(StoreError) -> (position: LogPosition, isComplete: Bool) {
    try connection.refuseAfterFailedSync()
    try connection.sync(.log)
    var frames: Int32 = 0
    var moved: Int32 = 0
    let mode = restart ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_TRUNCATE
    let code = sqlite3_wal_checkpoint_v2(connection.handle, "main", mode, &frames, &moved)
    guard code == SQLITE_OK || code == SQLITE_BUSY else { throw connection.error(code, "checkpoint") }
    Probes.hit(.storeIsCheckpointed)
    return (position.applied, code == SQLITE_OK && moved == frames)
  }

  /// What a process before this one wrote may still be in the machine's cache only.
  func syncDatabase() throws(StoreError) { try connection.sync(.database) }

  /// Removes at most `limit` rows; true where none are left.
  func deleteRange(from: [UInt8], to: [UInt8], limit: Int) throws(StoreError) -> Bool {
    var deleted: Int32 = 0
    try commit(applied: position.applied) { () throws(StoreError) in
      deleteRangeStatement.bind(3, limit)
      try deleteRangeStatement.run(from, to, action: "remove rows")
      deleted = sqlite3_changes(connection.handle)
    }
    return Int(deleted) < limit
  }

  private func commit(applied: LogPosition, _ body: () throws(StoreError) -> Void) throws(StoreError) {
    try connection.refuseAfterFailedSync()
    var next = position
    next.applied = applied
    next.commits += 1
    do throws(StoreError) {
      try connection.execute("BEGIN IMMEDIATE")
      #if GANTRY_PLANTS
        if Plants.planted == .appliedIndexOutsideTransaction {
          try metaStatement.run(Array("applied".utf8), next.encode(), action: "flush")
          try connection.execute("COMMIT; BEGIN IMMEDIATE")
        }
      #endif
      try body()
      try metaStatement.run(Array("applied".utf8), next.encode(), action: "flush")
      try connection.execute("COMMIT")
    } catch {
      // SQLite may have rolled back by itself; where it cannot, the transaction ends with the connection.
      if connection.isInTransaction { try? connection.execute("ROLLBACK") }
      throw error
    }
    position = next
    vfs.committed(stamp: next.commits)
  }

  private func write(_ key: [UInt8], _ value: [UInt8]?) throws(StoreError) {
    try end(
      key.withUnsafeBytes { key in
        guard let value else {
          deleteStatement.bind(1, key)
          return run(deleteStatement)
        }
        return value.withUnsafeBytes { value in put(key, value) }
      })
  }

  private func put(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Int32 {
    putStatement.bind(1, key)
    putStatement.bind(2, value)
    return run(putStatement)
  }

  private func run(_ statement: Statement) -> Int32 {
    defer { statement.reset() }
    return statement.step()
  }

  private func end(_ code: Int32) throws(StoreError) {
    if code != SQLITE_DONE { throw connection.error(code, "write a row") }
  }
}
