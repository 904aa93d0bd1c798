internal import Environment
internal import Raft

/// The steps that lead to an open store.
struct StoreOpening {
  var vfs: StoreVFS
  var path: String
  var writer: StoreWriter
  var durable: LogPosition
  var isNew: Bool
  var snapshot: LogPosition?
  /// Where appended rows lie.
  var appended: (place: AppendedPlace, index: AppendedIndex)?

  static func run(
    disk: any Disk, directory: String, _ configuration: StoreConfiguration
  ) throws(StoreError) -> StoreOpening {
    do throws(DiskError) {
      try disk.createDirectory(directory)
    } catch {
      throw StoreError(error, "could not make \(directory)")
    }
    let live = try StoreFiles.read(disk, directory)
    if live != nil { try StoreFiles.proveName(disk, directory) }
    try StoreFiles.clean(disk, directory, keeping: live?.generation)
    if let live { return try open(live, disk, directory, configuration) }
    return try create(disk, directory, configuration)
  }

  /// The file is whole and synced before it is named, so a crash in between leaves no store.
  private static func create(
    _ disk: any Disk, _ directory: String, _ configuration: StoreConfiguration
  ) throws(StoreError) -> StoreOpening {
    let files = StoreFiles(generation: 1, configuration)
    let (vfs, path, writer) = try connect(files, disk, directory, configuration, create: true)
    _ = try writer.checkpoint(restart: false)
    try writer.syncDatabase()
    try files.write(disk, directory)
    return StoreOpening(
      vfs: vfs, path: path, writer: writer, durable: .zero, isNew: true, appended: try writer.openAppended())
  }

  private static func open(
    _ files: StoreFiles, _ disk: any Disk, _ directory: String, _ configuration: StoreConfiguration
  ) throws(StoreError) -> StoreOpening {
    // SQLite would take an empty file for a database that is yet to be made.
    guard try StoreFiles.size(disk, StoreFiles.database(directory, files.generation)) >= files.pageBytes else {
      throw StoreError(.damaged(page: nil), "the database that \(directory)/CURRENT names is missing or empty")
    }
    let (vfs, path, writer) = try connect(files, disk, directory, configuration, create: false)
    let durable = try proveDurable(writer)
    return StoreOpening(
      vfs: vfs, path: path, writer: writer, durable: durable, isNew: false, snapshot: files.snapshot,
      appended: try writer.openAppended())
  }

  /// What was recovered may be known to the machine's cache only, so it is written and synced anew. Without space for
  /// that nothing is proven, and the log keeps everything until a later checkpoint.
  private static func proveDurable(_ writer: StoreWriter) throws(StoreError) -> LogPosition {
    do throws(StoreError) {
      let (position, _) = try writer.checkpoint(restart: false)
      try writer.syncDatabase()
      return position
    } catch {
      guard error.kind == .noSpace else { throw error }
      return .zero
    }
  }

  private static func connect(
    _ files: StoreFiles, _ disk: any Disk, _ directory: String, _ configuration: StoreConfiguration, create: Bool
  ) throws(StoreError) -> (StoreVFS, String, StoreWriter) {
    let path = StoreFiles.database(directory, files.generation)
    let vfs = StoreVFS(files, disk: disk, directory: directory, seed: configuration.seed)
    return (vfs, path, try StoreWriter(vfs, path: path, configuration, create: create))
  }
}
