public import Environment
public import Raft

/// The rows of one replica: an SQLite database, and above it in memory what is applied but not flushed.
///
/// Confined to one event loop, except for the jobs that it hands out, which run elsewhere one after another (lane
/// `storage`), and for the scans of its views. Three positions say how far a row has come: ``applied``, ``flushed``,
/// ``durable``.
public final class ShardStore {
  /// The newest entry in the overlay.
  public private(set) var applied: LogPosition
  /// The newest entry committed in SQLite. A crash of the machine may take it back.
  public internal(set) var flushed: LogPosition
  /// The newest entry that survives a crash of the machine: synced by a checkpoint. The log may be dropped up to
  /// here, and no further.
  public internal(set) var durable: LogPosition
  /// The caller's metadata as of ``flushed``; empty in a new store.
  public internal(set) var metadata: [UInt8]
  /// Whether this store was made by ``open(disk:directory:configuration:)`` just now.
  public let isNew: Bool
  /// The position of the snapshot that the store was built from (``SnapshotBuilder``); nil where it grew from nothing.
  /// Where it is still ``flushed``, the log may not have heard of it.
  public let installedSnapshot: LogPosition?
  public let configuration: StoreConfiguration

  let vfs: StoreVFS
  let path: String
  private var writer: StoreWriter?
  private var reader: FileSources?
  var idleReaders: [FileSources] = []

  var current = OverlayTree()
  /// Appended rows that are in no file yet, and in ``unfinished`` those that a job writes there, oldest first.
  var appended = OverlayTree()
  var unfinished: [OverlayTree] = []
  /// Files without rows, each with the entry whose flush dropped it: a crash may bring an earlier one back.
  var droppedFiles: [(file: AppendedFile, since: LogPosition)] = []
  /// The generation that a flush writes, or is to write again after a failure.
  var frozen: FrozenGeneration?
  var pins = GenerationPins()
  var currentGeneration: UInt64 = 1
  var isEntryOpen = false
  var runningJobs: Set<StoreJob.Kind> = []
  /// The log may hold commits that are not in the database yet.
  var isLogDirty = false

  /// Opens the store in `directory`, making it where there is none. Blocks: recovers SQLite's log and checkpoints it.
  ///
  /// Throws `damaged` where the files are not what was written. A directory whose store was never completed counts as
  /// empty; whether the log still has what is missing then is for the caller to check against ``applied``.
  public static func open(
    disk: any Disk, directory: String, configuration: StoreConfiguration
  ) throws(StoreError) -> ShardStore {
    try ShardStore(disk: disk, directory: directory, configuration)
  }

  private init(disk: any Disk, directory: String, _ configuration: StoreConfiguration) throws(StoreError) {
    self.configuration = configuration
    let opened = try StoreOpening.run(disk: disk, directory: directory, configuration)
    vfs = opened.vfs
    path = opened.path
    writer = opened.writer
    isNew = opened.isNew
    installedSnapshot = opened.snapshot
    applied = opened.writer.position.applied
    flushed = applied
    durable = opened.durable
    metadata = opened.writer.metadata
    let rows = try RowReader(opened.vfs, path: opened.path, cacheBytes: configuration.readerCacheBytes)
    reader = FileSources(reader: rows)
    guard let (place, index) = opened.appended else { return }
    reader?.appended = (index, AppendedReader(place))
    let cursor = try rows.range(from: index.keys.prefix, to: nil, reverse: false)
    defer { cursor.finish() }
    try cursor.advance()
    reader?.isMixed = !cursor.isAtEnd && index.keys.hold(cursor.key)
  }

  /// Makes `directory` one without a store, durably, for a replica that begins anew; no error where it has none. Blocks.
  ///
  /// A stop in between leaves the whole store or none. A store object of before must not be used any more; views of it
  /// may still be read and closed.
  public static func erase(disk: any Disk, directory: String) throws(StoreError) {
    try StoreFiles.erase(disk, directory)
  }

  public var disk: any Disk { vfs.disk }
  public var directory: String { vfs.directory }

  // MARK: State

  /// The value of a key; nil where there is none. Microseconds: it may read the disk.
  public func get(_ key: [UInt8]) throws(StoreError) -> [UInt8]? {
    if let keys = configuration.appended, keys.hold(key) { return try getAppended(key) }
    switch current.find(key) {
    case .value(let value): return value
    case .deleted: return nil
    case .absent: return try getFlushed(key)
    }
  }

  /// As of before the current generation.
  private func getFlushed(_ key: [UInt8]) throws(StoreError) -> [UInt8]? {
    switch frozen?.tree.find(key) {
    case .value(let value): return value
    case .deleted: return nil
    case .absent, nil: return try openReader.reader.get(key)
    }
  }

  /// Sets a row, or removes it where `value` is nil, as part of the entry that the next ``advance(to:)`` ends. Returns what
  /// was there. The key's row must not be an appended one.
  public func exchange(_ key: [UInt8], _ value: [UInt8]?) throws(StoreError) -> [UInt8]? {
    isEntryOpen = true
    switch current.set(key, value) {
    case .value(let old): return old
    case .deleted: return nil
    case .absent: return try getFlushed(key)
    }
  }

  /// Sets a row as part of the entry that the next ``advance(to:)`` ends.
  public func put(_ key: [UInt8], _ value: [UInt8]) {
    isEntryOpen = true
    if let keys = configuration.appended, keys.hold(key) {
      appended.set(key, value)
    } else {
      current.set(key, value)
    }
  }

  /// Removes a row as part of the entry that the next ``advance(to:)`` ends.
  public func delete(_ key: [UInt8]) {
    isEntryOpen = true
    current.set(key, nil)
  }

  /// Removes the rows with `from` ≤ key < `to`, of which each is put once and never again, as part of the entry that the
  /// next ``advance(to:)`` ends. What was not flushed yet leaves no trace, so that short-lived rows never reach the file.
  public func deletePutOnce(from: [UInt8], to: [UInt8]) throws {
    isEntryOpen = true
    if let keys = configuration.appended, keys.hold(from) {
      eraseAppended(from: from, to: to)
      guard openReader.isMixed else { return }
    }
    if current.erase(from: from, to: to) > 0 { Probes.hit(.rowIsGoneBeforeItsFlush) }
    var flushed: [[UInt8]] = []
    try scan(from: from, to: to) { key, _ in
      flushed.append(key)
      return .proceed
    }
    for key in flushed { current.set(key, nil) }
  }

  /// Ends the apply of one entry, also of one that changed no row.
  public func advance(to position: LogPosition) {
    precondition(position > applied, "Entries are applied in the order of the log.")
    applied = position
    isEntryOpen = false
  }

  /// Hands every row with `from` ≤ key < `to` (nil: no end) to `body` in key order, or in the opposite order, until it
  /// says stop. The state is that of the call: what `body` writes does not appear.
  ///
  /// Throws ``StoreError``, or whatever `body` throws.
  public func scan(
    from: [UInt8], to: [UInt8]?, reverse: Bool = false,
    _ body: (_ key: [UInt8], _ value: [UInt8]) throws -> ScanStep
  ) throws {
    try Scan.run(generations, openReader, from: from, to: to, reverse: reverse, body)
  }

  /// Memory that unflushed rows hold, and flushed ones that an open view still needs; bytes, estimated.
  public var overlayBytes: Int {
    current.bytes + (frozen?.tree.bytes ?? 0) + appendedBytes + unfinished.reduce(0) { $0 + $1.bytes }
      + pins.bytes(below: frozen?.number ?? currentGeneration)
  }

  /// The overlay's trees, newest first.
  var generations: [OverlayTree] {
    var trees: [OverlayTree] = []
    if !current.isEmpty { trees.append(current) }
    if let frozen, !frozen.tree.isEmpty { trees.append(frozen.tree) }
    if !appended.isEmpty { trees.append(appended) }
    trees += unfinished.reversed()
    return trees
  }

  var openReader: FileSources {
    guard let reader else { fatalError("A closed store was read.") }
    return reader
  }

  func changeIndex(_ body: (inout AppendedIndex) -> Void) {
    if reader?.appended != nil { body(&reader!.appended!.index) }
  }

  /// For jobs only, which run one after another.
  var openWriter: StoreWriter {
    guard let writer else { fatalError("A closed store was written.") }
    return writer
  }

  /// Closes the files; nothing is flushed. No job may be under way. Views may still be open: each keeps what it needs.
  public func close() {
    precondition(runningJobs.isEmpty, "A store closes after its jobs have ended.")
    reader = nil
    idleReaders = []
    writer = nil
  }
}
