internal import Bytes
public import Environment
public import Raft

/// Builds the store of a snapshot beside the live one, in the same directory, as the next generation.
///
/// `add` each chunk in order → `finish` → `install`; or `abandon` at any time before. Until ``install()`` has renamed
/// `CURRENT`, nothing of it counts: a stop leaves the old store whole, and the next open removes what was built. Every
/// step blocks and runs on the storage thread, as the jobs of a store do; the live store may be used meanwhile.
///
/// After a step that threw, only ``abandon()`` may follow. `noSpace` left the old store as it was; after `syncFailed`
/// the process has to stop.
public final class SnapshotBuilder {
  private enum State { case building, complete, finished, ended }

  private let disk: any Disk
  private let directory: String
  private var files: StoreFiles
  private var state = State.building
  private let vfs: StoreVFS
  private var writer: StoreWriter?
  private var lastKey: [UInt8]?
  private var bytesSinceCheckpoint = 0

  /// What SQLite's log may hold before it is moved into the database, so that a build does not take its size twice.
  private static let checkpointBytes = 32 << 20

  /// Makes the new generation's database. What an earlier build left behind is removed first.
  public init(disk: any Disk, directory: String, configuration: StoreConfiguration) throws(StoreError) {
    self.disk = disk
    self.directory = directory
    let live = try StoreFiles.read(disk, directory)
    try StoreFiles.clean(disk, directory, keeping: live?.generation)
    let generation = (live?.generation ?? 0) + 1
    files = StoreFiles(generation: generation, configuration)
    let path = StoreFiles.database(directory, generation)
    vfs = StoreVFS(files, disk: disk, directory: directory, seed: configuration.seed)
    do throws(StoreError) {
      writer = try StoreWriter(vfs, path: path, configuration, create: true)
    } catch {
      // What takes space is given back; what stays nonetheless goes with the next build or open.
      try? StoreFiles.clean(disk, directory, keeping: live?.generation)
      throw error
    }
  }

  /// Commits the rows of the next chunk in one transaction. Throws `format` where they do not follow those before.
  public func add(_ chunk: SnapshotChunk) throws(StoreError) {
    guard state == .building else { fatalError("A snapshot got a chunk after its last one.") }
    let writer = openWriter
    if let first = chunk.firstKey, let lastKey, compareBytes(lastKey, first) >= 0 {
      throw StoreError(.format, "a snapshot's chunks overlap")
    }
    try writer.insert(chunk)
    if let key = chunk.lastKey { lastKey = key }
    if chunk.isLast { state = .complete }
    bytesSinceCheckpoint += chunk.rows.count
    guard bytesSinceCheckpoint >= Self.checkpointBytes else { return }
    bytesSinceCheckpoint = 0
    _ = try writer.checkpoint()
  }

  /// Commits the position whose state the rows are and the metadata of that position, and makes all of it durable. The
  /// last chunk must have been added.
  public func finish(position: LogPosition, metadata: [UInt8]) throws(StoreError) {
    guard state == .complete else { fatalError("A snapshot was finished before its last chunk.") }
    let writer = openWriter
    let end = FrozenGeneration(
      number: 0, tree: OverlayTree(), applied: position, metadata: metadata, appended: [],
      appendedEnd: AppendedEnd())
    _ = try writer.flush(end)
    guard try writer.checkpoint(restart: false).isComplete else {
      throw StoreError(.inputOutput, "a snapshot's rows could not be moved into its database")
    }
    // The first sync of a new file also syncs its folder.
    try writer.syncDatabase()
    self.writer = nil
    files.snapshot = position
    #if GANTRY_PLANTS
      if Plants.planted == .snapshotWithoutIndex { files.snapshot = nil }
    #endif
    Probes.hit(.snapshotIsBuilt)
    state = .finished
  }

  /// Makes the snapshot the live store: ``ShardStore/open(disk:directory:configuration:)`` opens it from now on. A store
  /// object and views of the old generation keep what they have open, but must not be written or opened any more.
  public func install() throws(StoreError) {
    guard state == .finished else { fatalError("A snapshot was installed before it was finished.") }
    try files.write(disk, directory)
    Probes.hit(.snapshotIsInstalled)
    state = .ended
  }

  /// Gives the build up and removes its files.
  public func abandon() throws(StoreError) {
    guard state != .ended else { fatalError("A snapshot was abandoned after its end.") }
    Probes.hit(.snapshotIsAbandoned)
    state = .ended
    writer = nil
    let live = try StoreFiles.read(disk, directory)
    // An install that threw may have happened nonetheless.
    if live?.generation != files.generation {
      try StoreFiles.clean(disk, directory, keeping: live?.generation)
    }
  }

  private var openWriter: StoreWriter {
    guard let writer else { fatalError("A snapshot whose build ended was written.") }
    return writer
  }
}
