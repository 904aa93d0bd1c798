internal import Bytes
internal import Environment

/// Writes blocks of rows behind one another into files beside the database. Used by the storage thread, and by the loop only
/// while opening.
///
/// What is written counts once a commit of the database names the file's new end (``AppendedManifest``), and is synced before
/// that. So rows may be written early, to free memory: after a crash they are written again, over what stood there.
final class AppendedWriter {
  private(set) var manifest: AppendedManifest
  let place: AppendedPlace
  let keys: AppendedKeys
  /// The last of the files.
  private var last: AppendedFile?
  /// Nothing lies behind the end of the last file.
  private var isTrimmed = false
  private var isSynced = true
  private var isDirectorySynced = true
  private var hasFailedSync = false

  /// Written at once.
  private static let writeBytes = 1 << 20

  init(_ place: AppendedPlace, _ keys: AppendedKeys, _ manifest: AppendedManifest) {
    self.place = place
    self.keys = keys
    self.manifest = manifest
  }

  // MARK: Opening

  /// Finds the blocks that the manifest names, and removes the files that it does not.
  func recover() throws(StoreError) -> AppendedIndex {
    var index = AppendedIndex(keys)
    try removeUnnamed()
    for floor in manifest.floors { index.raise(floor.floor, of: floor.strand) }
    for named in manifest.files {
      guard let file = try place.open(named.number) else { throw place.damaged(named.number, "it is missing") }
      index.add(try runs(of: file, end: named.end))
      last = file
    }
    return index
  }

  private func removeUnnamed() throws(StoreError) {
    try StoreError.attempt("could not clean \(place.directory)") { () throws(DiskError) in
      for name in try place.disk.list(place.directory) {
        guard let number = place.number(of: name), !manifest.files.contains(where: { $0.number == number }) else {
          continue
        }
        try place.disk.remove(place.path(of: number))
      }
    }
  }

  private func runs(of file: AppendedFile, end: UInt64) throws(StoreError) -> [AppendedRun] {
    let size = try StoreError.attempt("could not look at \(place.path(of: file.number))") { () throws(DiskError) in
      try file.file.size()
    }
    guard size >= end else { throw place.damaged(file.number, "its end is missing") }
    var runs: [AppendedRun] = []
    var offset: UInt64 = 0
    while offset < end {
      let head = try place.head(at: offset, in: file)
      guard UInt64(head.count) <= end - offset else { throw place.damaged(file.number, "a block is too long") }
      runs.append(AppendedRun(first: head.first, last: head.last, file: file, offset: offset, count: head.count))
      offset += UInt64(head.count)
    }
    return runs
  }

  // MARK: Writing

  /// Writes the rows behind what is there, without a sync: everything, or nothing that counts.
  ///
  /// - Parameter trees: oldest first.
  func append(_ trees: [OverlayTree]) throws(StoreError) -> [AppendedRun] {
    let before = mark
    var runs: [AppendedRun] = []
    do throws(StoreError) {
      for tree in trees where !tree.isEmpty { try append(tree, &runs) }
    } catch {
      takeBack(to: before)
      throw error
    }
    return runs
  }

  private func append(_ rows: OverlayTree, _ runs: inout [AppendedRun]) throws(StoreError) {
    try refuseAfterFailedSync()
    var batch = Batch(keys)
    var cursor = OverlayCursor(rows, from: [], to: nil, reverse: false)
    while !cursor.isAtEnd {
      guard let value = cursor.value else { fatalError("An appended row was removed by its key.") }
      if batch.endsBlock(before: cursor.key) { try close(&batch, &runs) }
      batch.add(cursor.key, value)
      cursor.advance()
    }
    try close(&batch, &runs)
    try write(&batch)
  }

  /// Blocks on their way to the file.
  private struct Batch {
    private let keys: AppendedKeys
    var bytes = ByteWriter(capacity: AppendedWriter.writeBytes + 2 * AppendedBlock.bytes)
    var rows = ByteWriter(capacity: 2 * AppendedBlock.bytes)
    var first: [UInt8]?
    var last: [UInt8] = []

    init(_ keys: AppendedKeys) { self.keys = keys }

    func endsBlock(before key: [UInt8]) -> Bool {
      guard first != nil else { return false }
      return rows.count >= AppendedBlock.bytes || keys.strand(of: key) != keys.strand(of: last)
    }

    mutating func add(_ key: [UInt8], _ value: [UInt8]) {
      if first == nil { first = key }
      last = key
      rows.row(key, value)
    }
  }

  private func close(_ batch: inout Batch, _ runs: inout [AppendedRun]) throws(StoreError) {
    guard let first = batch.first else { return }
    if batch.bytes.count >= Self.writeBytes { try write(&batch) }
    if batch.bytes.count == 0 { try makeRoom() }
    guard let file = last, let end = manifest.files.last?.end else { fatalError("A block has no file.") }
    let offset = end + UInt64(batch.bytes.count)
    let start = batch.bytes.count
    AppendedBlock.encode(
      batch.rows, first: first, last: batch.last, seed: AppendedBlock.seed(place.identity, file.number, offset),
      into: &batch.bytes)
    let count = batch.bytes.count - start
    runs.append(AppendedRun(first: first, last: batch.last, file: file, offset: offset, count: count))
    batch.rows.bytes.removeAll(keepingCapacity: true)
    batch.first = nil
  }

  private func write(_ batch: inout Batch) throws(StoreError) {
    guard batch.bytes.count > 0, let last, let end = manifest.files.last?.end else { return }
    isSynced = false
    try StoreError.attempt("could not write \(place.path(of: last.number))") { () throws(DiskError) in
      let result = batch.bytes.bytes.withUnsafeBytes { raw in
        Result { () throws(DiskError) in try last.file.write(raw, at: end) }
      }
      try result.get()
    }
    manifest.files[manifest.files.count - 1].end += UInt64(batch.bytes.count)
    batch.bytes.bytes.removeAll(keepingCapacity: true)
  }

  /// Makes the file that the next block goes to, where the last is full.
  private func makeRoom() throws(StoreError) {
    if let last, let end = manifest.files.last?.end, end < keys.fileBytes {
      // What stands there from before must not pass for what is written now, should that be lost.
      if !isTrimmed {
        try StoreError.attempt("could not cut \(place.path(of: last.number))") { () throws(DiskError) in
          try last.file.truncate(to: end)
        }
        isTrimmed = true
      }
      return
    }
    // Only the last file is ever without a sync.
    try sync()
    let number = manifest.nextFile
    isDirectorySynced = false
    last = try StoreError.attempt("could not make \(place.path(of: number))") { () throws(DiskError) in
      let made = AppendedFile(number: number, try place.disk.open(place.path(of: number), create: true))
      try made.file.truncate(to: 0)
      return made
    }
    isTrimmed = true
    manifest.files.append(.init(number: number, end: 0))
    manifest.nextFile += 1
    Probes.hit(.appendedFileIsFull)
  }

  /// How far the files have come.
  struct Mark {
    fileprivate var manifest: AppendedManifest
    fileprivate var file: AppendedFile?
  }

  var mark: Mark { Mark(manifest: manifest, file: last) }

  /// What was written since is written over.
  func takeBack(to mark: Mark) {
    // The one before it was synced before this one was made.
    if last !== mark.file { isSynced = true }
    (manifest, last) = (mark.manifest, mark.file)
    isTrimmed = false
  }

  // MARK: Commits

  /// Makes what was written durable: before a commit names it.
  func sync() throws(StoreError) {
    try refuseAfterFailedSync()
    do throws(StoreError) {
      if !isSynced, let last {
        try StoreError.sync("could not sync \(place.path(of: last.number))") { () throws(DiskError) in
          try last.file.sync()
        }
      }
      if !isDirectorySynced {
        try StoreError.sync("could not sync \(place.directory)") { () throws(DiskError) in
          try place.disk.syncDirectory(place.directory)
        }
      }
    } catch {
      hasFailedSync = true
      throw error
    }
    isSynced = true
    isDirectorySynced = true
  }

  /// What the next commit says: those files are dropped, and rows below these floors.
  func end(_ end: AppendedEnd) {
    manifest.files.removeAll { file in end.dropped.contains { $0.number == file.number } }
    manifest.floors = end.floors
  }

  /// Removes files that no commit names which a crash could bring back.
  func remove(_ files: [AppendedFile]) throws(StoreError) {
    try StoreError.attempt("could not remove rows beside \(place.path)") { () throws(DiskError) in
      for file in files where try place.disk.exists(place.path(of: file.number)) {
        try place.disk.remove(place.path(of: file.number))
      }
    }
    if !files.isEmpty { Probes.hit(.appendedFileIsDropped) }
  }

  private func refuseAfterFailedSync() throws(StoreError) {
    if hasFailedSync { throw StoreError(.syncFailed, "a sync failed before") }
  }
}

/// What has gone from the files, as of a flush.
struct AppendedEnd {
  var dropped: [AppendedFile] = []
  var floors: [AppendedManifest.Floor] = []
}

extension AppendedPlace {
  /// Nil where it is missing.
  func open(_ number: UInt64) throws(StoreError) -> AppendedFile? {
    let path = path(of: number)
    return try StoreError.attempt("could not open \(path)") { () throws(DiskError) in
      guard try disk.exists(path) else { return nil }
      return AppendedFile(number: number, try disk.open(path, create: false))
    }
  }

  func damaged(_ file: UInt64, _ what: String) -> StoreError {
    StoreError(.damaged(page: nil), "\(path(of: file)) is damaged: \(what)")
  }

  func head(at offset: UInt64, in file: AppendedFile) throws(StoreError) -> AppendedBlock.Head {
    let seed = AppendedBlock.seed(identity, file.number, offset)
    for count in AppendedBlock.headBytes {
      let bytes = try read(count, at: offset, in: file)
      do throws(MalformedBytes) {
        if let head = try AppendedBlock.head(bytes, seed: seed) { return head }
      } catch {
        throw damaged(file.number, "\(error.what)")
      }
    }
    throw damaged(file.number, "it ends within a block")
  }

  private func read(_ count: Int, at offset: UInt64, in file: AppendedFile) throws(StoreError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let got = try StoreError.attempt("could not read \(path(of: file.number))") { () throws(DiskError) in
      let result = bytes.withUnsafeMutableBytes { raw in
        Result { () throws(DiskError) in try file.file.read(into: raw, at: offset) }
      }
      return try result.get()
    }
    bytes.removeSubrange(got...)
    return bytes
  }
}
